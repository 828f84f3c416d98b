"""The words of the official pages are the room's own: none means what another room says with the same sentence."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cases.conftest import Enter
from tests.cases.hall import Hall


def test_pages_of_a_case_say_what_they_mean(sealed_hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    hall = sealed_hall
    case, actor, _target, _found = hall.determined()
    enter(client, hall.officer)
    wanted = {
        f"/cases/{case.id}": (("代号", "哪位教职工"), ("编码", ">经办人<", "补记录")),
        f"/cases/{case.id}/evidence/new": (("来源", "简要说明"), (">起<", "性质")),
        f"/cases/{case.id}/reports/new": (("报送对象", "上报"), (">止<",)),
        f"/cases/{case.id}/parties/{actor}/service": (("加密保存。",), ("已封存。",)),
        "/guardian-requests": (("登记",), ("记下原因", "长期")),
        "/cases": ((), ("已停用",)),
    }
    for path, (there, not_there) in wanted.items():
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert not [word for word in there if word not in answer.text], path
        assert not [word for word in not_there if word in answer.text], path
