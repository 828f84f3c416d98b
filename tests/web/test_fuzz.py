from tests.app.world import *
def test_world(session, app, client, sign_in):
    pass
