"""An MCP server on standard input and output whose tools go on as tasks, in the form of its version.

Usage: tasks.py JOURNAL VERSION. What it hears goes to JOURNAL, one JSON object per line. A job lasts until the file that
it was given exists; its ids can be guessed.
"""

import json
import os
import signal
import sys
import threading
import time

# Whatever becomes of the test, this process ends.
signal.alarm(150)

JOURNAL, VERSION = sys.argv[1], sys.argv[2]
MODERN = VERSION >= "2026"
META = "io.modelcontextprotocol/"
TASKS = META + "tasks"
FORM = {"message": "Which word?", "requestedSchema": {
    "type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}}
WHEN = "2026-11-30T00:00:00Z"
out_lock = threading.Lock()
answers, numbers, answered = {}, iter(range(1, 1 << 30)), threading.Condition()
jobs = {}
TURNED = []


def note(event, **more):
    with open(JOURNAL, "a") as journal:
        journal.write(json.dumps({"event": event, "pid": os.getpid(), **more}) + "\n")


def send(message):
    with out_lock:
        sys.stdout.buffer.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        sys.stdout.buffer.flush()


class Refused(Exception):
    pass


def refuse(code, message, **data):
    raise Refused(json.dumps({"code": code, "message": message, **({"data": data} if data else {})}))


def request(method, params):
    number = "q%d" % next(numbers)
    send({"id": number, "method": method, "params": params})
    with answered:
        answered.wait_for(lambda: number in answers)
        return answers.pop(number)


def done(result):
    return {**result, "resultType": "complete"} if MODERN else result


def text(words, **more):
    return done({"content": [{"type": "text", "text": words}], **more})


class Job:
    """What goes on after its call was answered. A modern one asks in `tasks/get`, a legacy one while its result is waited
    for."""

    def __init__(self, given, ttl):
        self.id, self.given, self.ttl, self.cancelled, self.word = "job-%d" % (len(jobs) + 1), given, ttl, False, None
        jobs[self.id] = self

    def status(self):
        if self.cancelled:
            return "cancelled"
        if self.given.get("ask") and self.word is None:
            return "input_required"
        if "file" in self.given and not os.path.exists(self.given["file"]):
            return "working"
        return "failed" if "error" in self.given else "completed"

    def said(self):
        task = {"taskId": self.id, "status": self.status(), "createdAt": WHEN, "lastUpdatedAt": WHEN}
        return {**task, "ttlMs": self.ttl, "pollIntervalMs": 20} if MODERN else {**task, "ttl": self.ttl}

    def result(self):
        if "error" in self.given:
            raise Refused(json.dumps(self.given["error"]))
        result = {"content": [{"type": "text", "text": self.given.get("says", "done") + (self.word or "")}]}
        if "structure" in self.given:
            result["structuredContent"] = self.given["structure"]
        return result

    def detail(self):
        more, status = {}, self.status()
        if status == "input_required":
            more["inputRequests"] = {"word": {"method": "elicitation/create", "params": FORM}}
        if status == "completed":
            more["result"] = self.result()
        if status == "failed":
            more["error"] = self.given["error"]
        return done({**self.said(), **more})

    def waited_for(self):
        """`tasks/result`."""
        if self.given.get("ask") and self.word is None:
            related = {META + "related-task": {"taskId": self.id}}
            answer = request("elicitation/create", {**FORM, "_meta": related})
            self.word = json.dumps(answer.get("result", {}).get("content", {}).get("word"))
        while self.status() == "working":
            time.sleep(0.005)
        if self.cancelled:
            refuse(-32603, "It was cancelled")
        return {**self.result(), "_meta": {META + "related-task": {"taskId": self.id}}}


def knows_tasks(params):
    return TASKS in params["_meta"][META + "clientCapabilities"].get("extensions", {})


def begin(params, needed):
    given = params.get("arguments") or {}
    if MODERN:
        if knows_tasks(params):
            return {**Job(given, given.get("ttl")).said(), "resultType": "task"}
        if needed:
            refuse(-32021, "Tasks", requiredCapabilities={"extensions": {TASKS: {}}})
    elif "task" in params:
        note("augmented", task=params["task"])
        return {"task": Job(given, given.get("ttl", params["task"].get("ttl"))).said()}
    elif needed and VERSION == "2025-11-25":
        refuse(-32601, "It must be a task")
    return text(given.get("says", "done"))


def delegate(given):
    """Asks the client something that it may go on with as a task of its own, then after it."""
    heard = [request(given["ask"], {**given.get("params", {}), "task": {"ttl": 60000, "more": "x"}})]
    own = heard[0].get("result", {}).get("task", {}).get("taskId")
    for method in given["after"]:
        heard.append(request(method, {} if method == "tasks/list" else {"taskId": given.get("id") or own}))
    return heard


def call(params):
    tool, given = params["name"], params.get("arguments") or {}
    if tool in ("job", "must"):
        return begin(params, tool == "must")
    if tool == "delegate":
        if given.get("later"):
            threading.Thread(target=lambda: note("delegated", heard=delegate(given)), daemon=True).start()
            return text("later")
        return text(json.dumps(delegate(given)))
    if tool == "announce":
        for job in jobs.values():
            send({"method": "notifications/tasks/status", "params": job.said()})
        return text("announced")
    if tool == "pages":
        if given.get("until") and os.path.exists(given["until"]):
            return text("in")
        pages = [{"mode": "url", "message": "Log in", "url": url, **({} if MODERN else {"elicitationId": "e-1"})}
                 for url in given["urls"]]
        refuse(-32042, "Log in first", elicitations=pages)
    if tool == "hold":
        while not os.path.exists(given["file"]):
            time.sleep(0.005)
        return text("held")
    if tool == "turn":
        TURNED.append(given["into"])
        send({"method": "notifications/tools/list_changed"})
        return text("turned")
    if tool == "shout":
        token = params["_meta"]["progressToken"]
        for message in ("x" * given["bytes"], "short"):
            send({"method": "notifications/progress",
                  "params": {"progressToken": token, "progress": len(message), "message": message}})
        return text("shouted")
    if tool == "odd":
        return {"resultType": "com.example/other", "content": [{"type": "text", "text": "unseen"}]}
    if tool == "uninvited":
        job = Job({}, None)
        return {**job.said(), "resultType": "task"} if MODERN else {"task": job.said()}
    if tool == "told":
        note("told", capabilities=params.get("_meta", {}).get(META + "clientCapabilities"), meta=params.get("_meta"))
        return text("told", _meta={"com.example/back": 1})
    return text(given.get("text", ""))


def answer(method, params):
    if method == "initialize" and not MODERN:
        note("initialize", capabilities=params["capabilities"])
        tasks = {"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}}
        more = {"tasks": tasks} if VERSION == "2025-11-25" else {}
        return {"protocolVersion": VERSION, "capabilities": {"tools": {"listChanged": True}, **more},
                "serverInfo": {"name": "fake", "version": "1"}}
    if method == "server/discover" and MODERN:
        extensions = {TASKS: {}, "com.example/colour": {"shade": "dark"}, META + "skills": {}}
        return done({"supportedVersions": [VERSION], "ttlMs": 0, "cacheScope": "private",
                     "capabilities": {"tools": {"listChanged": True}, "extensions": extensions}})
    if method == "tools/list":
        support = {"job": "optional", "must": "required"}
        tools = [{"name": name, "inputSchema": {"type": "object"},
                  **({"execution": {"taskSupport": support[name]}} if name in support and not MODERN else {})}
                 for name in ("job", "must", "announce", "pages", "hold", "turn", "shout", "odd", "uninvited", "told",
                              "delegate", "echo")]
        if TURNED:
            tools[-1]["description"] = TURNED[-1]
        return done({"tools": tools, **({"ttlMs": 0, "cacheScope": "private"} if MODERN else {})})
    if method == "tools/call":
        note("call", tool=params["name"])
        return call(params)
    if method.startswith("tasks/"):
        note(method, task=params.get("taskId"))
        job = jobs.get(params.get("taskId"))
        if job is None:
            refuse(-32602, "No such task")
        if method == "tasks/get":
            return job.detail() if MODERN else job.said()
        if method == "tasks/cancel":
            job.cancelled = job.cancelled or job.status() in ("working", "input_required")
            return done({}) if MODERN else job.said()
        if method == "tasks/update" and MODERN:
            job.word = json.dumps(params["inputResponses"]["word"].get("content", {}).get("word"))
            return done({})
        if method == "tasks/result" and not MODERN:
            return job.waited_for()
    refuse(-32601, "Method not found")


def run(method, params, number):
    try:
        result = answer(method, params)
    except Refused as refused:
        send({"id": number, "error": json.loads(str(refused))})
    else:
        send({"id": number, "result": result})


def watch(ids, subscription):
    """Tells of each of these jobs, once it is done, and of one that nobody follows."""
    while any(jobs[job].status() == "working" for job in ids):
        time.sleep(0.005)
    for job in jobs.values():
        detail = {name: value for name, value in job.detail().items() if name != "resultType"}
        send({"method": "notifications/tasks",
              "params": {**detail, "_meta": {META + "subscriptionId": subscription}}})


def handle(message):
    method, number, params = message.get("method"), message.get("id"), message.get("params") or {}
    if method is None:
        with answered:
            answers[number] = message
            answered.notify_all()
    elif method == "subscriptions/listen" and MODERN:
        wanted = params["notifications"]
        note("listens", tasks=wanted.get("taskIds"))
        if "taskIds" in wanted:
            if not knows_tasks(params):
                missing = {"code": -32021, "message": "Tasks", "data": {"requiredCapabilities": {"extensions": {TASKS: {}}}}}
                return send({"id": number, "error": missing})
            wanted["taskIds"] = [job for job in wanted["taskIds"] if not jobs[job].given.get("quiet")]
        acknowledged = {"notifications": wanted, "_meta": {META + "subscriptionId": number}}
        send({"method": "notifications/subscriptions/acknowledged", "params": acknowledged})
        if wanted.get("taskIds"):
            threading.Thread(target=watch, args=(wanted["taskIds"], number), daemon=True).start()
    elif number is None:
        note(method)
    else:
        threading.Thread(target=run, args=(method, params, number), daemon=True).start()


for line in sys.stdin.buffer:
    handle(json.loads(line))
