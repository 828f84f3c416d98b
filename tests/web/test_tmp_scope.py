import re
from tests.app.world import build_world, addresses, Page, School, contents
from tests.app.prober import Prober
from trainhub.kernel.ids import new_id
from werkzeug.datastructures import MultiDict
WORD="乙密"
import io, zipfile
def has_word(a):
    body=a.body
    if body[:2]==b"PK":
        z=zipfile.ZipFile(io.BytesIO(body)); body=b"".join(z.read(n) for n in z.namelist())
    return WORD.encode() in body or WORD.encode("unicode_escape") in body or any(WORD in v for _,v in (a.headers or []))
def test_scope(app, session, client, sign_in, district):
    w = build_world(session, other_word=WORD)
    district.__dict__.update(w.sample.__dict__)
    nobody = School("", "x", {k:[new_id()] for k in w.other.ids})
    out=set()
    def say(*a):
        a=tuple(re.sub(r"[0-9a-f]{32}","*",str(x)) for x in a)
        if a not in out: out.add(a); print("!!",*a,flush=True)
    for role in ("training_officer","school_administrator","principal"):
        p=Prober(app,client,sign_in,role)
        mine=list(addresses(app,w.home))
        forms=p.forms([x for e,x,m in mine if "GET" in m])
        print(role,"forms",len(forms))
        none={}
        for e,x,m in addresses(app,nobody):
            for mm in m: none[(e,mm)]=p.send(mm,x).status
        for e,x,m in addresses(app,w.other):
            if not re.search("[0-9a-f]{32}",x): continue
            for mm in m:
                a=p.send(mm,x)
                if has_word(a): say("LEAK",role,mm,e,x,a.status)
                if a.status!=404 and a.status!=none[(e,mm)] : say("DIFF",role,mm,e,a.status,none[(e,mm)], a.fault)
                elif a.status not in(404,403): say("not404",role,mm,e,a.status,a.headers.get("Location") if a.headers else a.fault)
                if a.wrote and a.status!=303: pass
                if [t for t in a.wrote if "user_session" not in t]: say("WROTE",role,mm,e,a.wrote[:3])
        # query ids
        for e,x,m in mine:
            if "GET" not in m: continue
            for k,v in [("school",w.other.school_id)]+[(k,v) for k in("missed","people","department","class","person","next","q") for v in (w.other.ids["event_id"][0],w.other.ids["person_id"][0])]:
                a=p.send("GET",x,query_string={k:v})
                if has_word(a): say("LEAK?",role,e,k,a.status)
                if k=="school" and a.status not in(200,302,303,403,404): say("school=",role,e,a.status,a.fault)
                if k=="school" and a.status==403: say("403 school=",role,e)
        # forms with actions pointing at B, and with B ids in fields
        pools=[(k,v) for k,vs in w.other.ids.items() for v in vs[:2]]
        before=contents(session.connection())
        swap={}
        for k,vs in w.home.ids.items():
            for i,v in enumerate(vs): swap[v]=w.other.ids[k][min(i,len(w.other.ids[k])-1)]
        for where,f in forms:
            if f.action.startswith("/sign-out"): continue
            act=re.sub("[0-9a-f]{32}",lambda m:swap.get(m[0],m[0]),f.action)
            fields=[(re.sub("[0-9a-f]{32}",lambda m:swap.get(m[0],m[0]),k),re.sub("[0-9a-f]{32}",lambda m:swap.get(m[0],m[0]),v)) for k,v in f.fields]
            fill=[(k,v or "理由") for k,v in fields]
            kw="query_string" if f.method=="GET" else "data"
            for name,action,ff in (("action+fields",act,fields),("action",act,f.fields),("fields",f.action,fields),("a+f filled",act,fill),("f filled",f.action,fill)):
                a=p.send(f.method,action,**{kw:MultiDict(ff)})
                if a.fault: say("FAULT",role,f.action,a.fault)
                if has_word(a): say("LEAK form",role,name,f.method,f.action,a.status)
                if action!=f.action and a.status not in(404,403): say("form at B",role,name,f.method,f.action,a.status,a.headers.get("Location"),a.wrote[:2])
            for k,v in f.fields:
                if re.fullmatch("[0-9a-f]{32}|",v) :
                    for kind,val in pools:
                        a=p.send(f.method,f.action,**{kw:MultiDict([(n,(val if n==k else (vv or "理由"))) for n,vv in f.fields])})
                        if a.fault: say("FAULT",role,f.action,k,kind,a.fault)
                        if has_word(a): say("LEAK field",role,f.method,f.action,k,kind,a.status)
                        if a.status==303 and [t for t in a.wrote if "user_session" not in t] and val not in str(f.fields): say("ACCEPTED foreign id",role,f.action,k,kind)
