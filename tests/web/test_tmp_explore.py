import os, re, collections, json
from tests.app.world import build_world, addresses, contents, Page
from tests.app.prober import Prober
JUNK = ["\x00", "a\x00b", "9"*5000, "-1", "0", "1e9", "99999999999999999999", "٣", "²", "0001-01-01","9999-12-31","0000-00-00","24:00","00:00", "2026-02-30", "x"*20_000, "' OR 1=1--", "../../etc/passwd", "[]", "null", "%s%n", "\r\nX: y", "\u202e", "", "9999", "0001", "0000","2026-2027", "9999-10000", "year"]
ARGS = ["year","as_of","since","month","page","q","day","school","sort","show","department","post","category","state","class","next","pack","missed","people","code","training_min_minutes","homeroom_extra_minutes","presence_threshold","new_hire_grace_days","reason","op_id","step"]
ROLES = os.environ.get("FZ_ROLES","training_officer,school_administrator,principal,bureau_officer,auditor,security_administrator,system_administrator,teacher").split(",")
seen = collections.OrderedDict()
def note(role, method, path, what, a):
    path = re.sub(r"[0-9a-f]{32}", "*", path)[:90]
    if a.status >= 500 or a.fault: k=("5xx", method, path.split("?")[0], a.fault or a.text[:100])
    elif a.seconds > 2: k=("SLOW", method, path.split("?")[0], f"{a.seconds:.1f}")
    elif "Traceback" in a.text: k=("TRACE", method, path,"")
    elif method in("GET","HEAD") and [w for w in a.wrote if "user_session" not in w]: k=("GETWRITE", method, path.split("?")[0], str(a.wrote[:2]))
    else: return
    if k not in seen:
        seen[k]=(role, what); print("!!", role, k, repr(what)[:160], flush=True)
def test_explore(app, session, client, sign_in, district):
    w = build_world(session)
    district.__dict__.update(w.sample.__dict__)
    before = contents(session.connection()); session.rollback()
    n=0
    for role in ROLES:
        p = Prober(app, client, sign_in, role)
        paths = [(e, path, m) for e, path, m in addresses(app, w.home)]
        for e, path, methods in paths:
            if e == "accounts.sign_out": continue
            for m in methods:
                if m == "GET":
                    a = p.send("GET", path); n+=1; note(role, "GET", path, "plain", a)
                    if a.status in (403,): continue
                    for j in JUNK:
                        a = p.send("GET", path, query_string={k: j[:3000] for k in ARGS}); n+=1; note(role,"GET",path,("allargs",j[:30]),a)
                    for k in ARGS:
                        for j in ("9999-12-31","0001-01-01","9999","0000","9999-12"):
                            if k in ("year","as_of","since","month","day","page","school","class"):
                                a = p.send("GET", path, query_string={k:j}); n+=1; note(role,"GET",path,(k,j[:30]),a)
                    a = p.send("GET", path+"?year=%FF%FE&q=%FF&q=%FE"); note(role,"GET",path,"badutf",a)
                    for mm in ("HEAD","OPTIONS","PUT","DELETE","PATCH","TRACE"):
                        a = p.send(mm, path); n+=1; note(role,mm,path,"method",a)
                else:
                    a = p.send(m, path); n+=1; note(role, m, path, "empty", a)
                    if a.status == 403: continue
                    for body in (b"[]", b"{", b"{}", b'{"marks":[]}', b"\xff\xfe"):
                        a = p.send(m, path, data=body, content_type="application/json"); n+=1; note(role,m,path,("json",body[:20]),a)
                    a = p.send(m, path, data=b"version=%FF&reason=%FF&a=1&a=2&version=%00", content_type="application/x-www-form-urlencoded"); note(role,m,path,"badform",a)
                    a = p.send(m, path, data=b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\x00\xff.csv\"\r\n\r\n\x00\xff\r\n--x--", content_type="multipart/form-data; boundary=x"); note(role,m,path,"badmulti",a)
        for e, path, m in addresses(app, w.home, strange=None): pass
        for bad in ("\x00", "x"*3000, "9"*40, "%ff"):
            strange={v:bad for v in ("event_id","sheet_id","person_id","batch_id","assignment_id","merge_id","exemption_id","snapshot_id","statement_id","school_id","org_id","account_id","grant_id","session_id","code","pack_id","key","kind")}
            strange["year"]=10**30
            for e, path, methods in addresses(app, w.home, strange=strange):
                if e == "accounts.sign_out": continue
                for m in methods:
                    a=p.send(m,path); n+=1; note(role,m,path,("path",bad[:10]),a)
        forms = p.forms([path for e,path,m in paths if "GET" in m])
        print(role, "forms", len(forms), "requests", n, flush=True)
        for where, f in forms:
            if f.action.startswith("/sign-out"): continue
            base = f.fields
            a = p.send(f.method, f.action, **({"query_string":base} if f.method=="GET" else {"data":multi(base)})); note(role,f.method,f.action,"base",a)
            done=set()
            for name,_ in base:
                short=re.sub(r"[0-9a-f]{32}","*",name)
                if short in done: continue
                done.add(short)
                for j in JUNK:
                    fields=[(k,(j if k==name else v)) for k,v in base]
                    a = p.send(f.method, f.action, **({"query_string":fields} if f.method=="GET" else {"data":multi(fields)})); n+=1
                    note(role,f.method,f.action,(name,j[:30]),a)
                a = p.send(f.method, f.action, **({"query_string":base+[(name,"x"),(name,"y")]} if f.method=="GET" else {"data":multi(base+[(name,"x")])})); note(role,f.method,f.action,(name,"dup"),a)
    print("requests", n)
    after = contents(session.connection())
    print("changed tables", [k for k in before if before[k]!=after[k]])
def multi(fields):
    from werkzeug.datastructures import MultiDict
    return MultiDict(fields)
