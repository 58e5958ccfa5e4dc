"""An MCP server on standard input and output of one version, with everything that a version has.

Usage: bridge.py JOURNAL VERSION [leaves]. What it hears goes to JOURNAL, one JSON object per line. It speaks VERSION only,
and asks its client for something in the way of that version: by a request of its own, or by `input_required`. One that
`leaves` ends after it was greeted in the other era.
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
out_lock = threading.Lock()
answers, asked_ids, answered = {}, iter(range(1, 1 << 30)), threading.Condition()
cancelled, listening, subscribed, level = set(), {}, set(), []

FORM = {"message": "Which word?", "requestedSchema": {
    "type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}}
URL = {"mode": "url", "message": "Log in", "url": "https://login.example/x"}
SAMPLE = {"messages": [{"role": "user", "content": {"type": "text", "text": "Say a number"}}], "maxTokens": 9,
          "includeContext": "allServers"}
WITH_TOOLS = {**SAMPLE, "tools": [{"name": "add", "inputSchema": {"type": "object"}}], "toolChoice": {"mode": "auto"}}
QUESTIONS = {
    "form": ("elicitation/create", FORM),
    "url": ("elicitation/create", URL if MODERN else {**URL, "elicitationId": "e-1"}),
    "sample": ("sampling/createMessage", SAMPLE),
    "sample_tools": ("sampling/createMessage", WITH_TOOLS),
    "roots": ("roots/list", {}),
}


def note(event, **more):
    with open(JOURNAL, "a") as journal:
        journal.write(json.dumps({"event": event, **more}) + "\n")


def send(message):
    with out_lock:
        sys.stdout.buffer.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        sys.stdout.buffer.flush()


class Refused(Exception):
    pass


def ask(names, params):
    """The client's answers by name. A modern server may have to be called again for them: `None` then."""
    if not MODERN:
        return {name: request(*QUESTIONS[name]) for name in names}, None
    given = params.get("inputResponses") or {}
    if params.get("requestState") == "asked " + " ".join(names) and set(given) == set(names):
        return given, None
    return None, {
        "resultType": "input_required",
        "inputRequests": {name: dict(zip(("method", "params"), QUESTIONS[name])) for name in names},
        "requestState": "asked " + " ".join(names),
    }


def request(method, params):
    number = "q%d" % next(asked_ids)
    send({"id": number, "method": method, "params": params})
    with answered:
        answered.wait_for(lambda: number in answers)
        answer = answers.pop(number)
    if "error" in answer:
        raise Refused(json.dumps(answer["error"]))
    return answer["result"]


def done(result, cached=False):
    if MODERN:
        result = {**result, "resultType": "complete"}
        if cached:
            result.update({"ttlMs": 60000, "cacheScope": "public"})
    return result


def text(words):
    return done({"content": [{"type": "text", "text": words}]})


def notify(method, params, number=None):
    if MODERN and method != "notifications/progress" and method != "notifications/message":
        for subscription, wants in list(listening.items()):
            if method != "notifications/resources/updated" or params["uri"] in wants.get("resourceSubscriptions", []):
                tagged = {**params, "_meta": {META + "subscriptionId": subscription}}
                send({"method": method, "params": tagged})
    elif method != "notifications/resources/updated" or params["uri"] in subscribed:
        send({"method": method, "params": params})


def call(params, number):
    tool, given, meta = params["name"], params.get("arguments") or {}, params.get("_meta") or {}
    if tool == "echo":
        return text(given["text"])
    if tool == "ask":
        got, again = ask(given["names"], params)
        return again or text(json.dumps(got, sort_keys=True))
    if tool == "ask_often":
        for turn in range(given["times"]):
            if MODERN:
                if params.get("requestState") != "turn %d" % given["times"]:
                    turn = int((params.get("requestState") or "turn 0").split()[1])
                    return {"resultType": "input_required", "requestState": "turn %d" % (turn + 1),
                            "inputRequests": {"roots": {"method": "roots/list", "params": {}}}}
            else:
                request("roots/list", {})
        return text("asked %d times" % given["times"])
    if tool == "report":
        token = meta.get("progressToken")
        note("token", there=token is not None)
        for step in (1, 2):
            notify("notifications/progress", {"progressToken": token, "progress": step, "total": 2})
        return text("reported")
    if tool == "log":
        wanted = meta.get(META + "logLevel") if MODERN else (level or ["debug"])[-1]
        note("level", level=wanted)
        if wanted:
            for name in ("debug", "error"):
                notify("notifications/message", {"level": name, "logger": "fake", "data": "a line"})
        return text("logged")
    if tool == "change":
        notify(given["method"], given.get("params") or {})
        return text("changed")
    if tool == "hold":
        while number not in cancelled and not os.path.exists(given["file"]):
            time.sleep(0.005)
        return text("held")
    if tool == "rich":
        return done({"content": [
            {"type": "text", "text": "see", "annotations": NOTES},
            {"type": "resource_link", "uri": "file:///c", "name": "c", **SHOWN, "annotations": NOTES, "size": 3},
            {"type": "audio", "data": "AAAA", "mimeType": "audio/wav", "annotations": NOTES},
            {"type": "resource", "annotations": NOTES,
             "resource": {"uri": "file:///a", "mimeType": "text/plain", "text": "a"}},
        ], "_meta": {"example.org/x": [1, 2.50]}})
    if tool == "structure":
        return done({"content": [{"type": "text", "text": "[1]"}], "structuredContent": [1] if MODERN else {"a": 1}})
    raise Refused(json.dumps({"code": -32602, "message": "Unknown tool"}))


def read(params, number):
    uri = params["uri"]
    if uri == "ask://roots":
        got, again = ask(["roots"], params)
        return again or done({"contents": [{"uri": uri, "text": json.dumps(got)}]}, cached=True)
    if uri != "file:///a":
        raise Refused(json.dumps({"code": -32602 if MODERN else -32002, "message": "Resource not found"}))
    return done({"contents": [{"uri": uri, "mimeType": "text/plain", "text": "a"}]}, cached=True)


def prompt(params, number):
    got, again = ask(["sample"], params) if params["name"] == "asking" else ({}, None)
    words = json.dumps([params.get("arguments"), got])
    return again or done({"messages": [{"role": "user", "content": {"type": "text", "text": words}}]})


def listed(member, elements, params):
    cursor = int(params.get("cursor", "0"))
    result = {member: elements[cursor:cursor + 2]}
    if cursor + 2 < len(elements):
        result["nextCursor"] = str(cursor + 2)
    return done(result, cached=True)


TOOLS = [{"name": name, "inputSchema": {"type": "object"}} for name in
         ("echo", "ask", "ask_often", "report", "log", "change", "hold")]
TOOLS.append({"name": "structure", "inputSchema": {"type": "object"},
              "outputSchema": {"type": "array"} if MODERN else {"type": "object"}})
RESOURCES = [{"uri": "file:///" + name, "name": name} for name in "abc"]
# What each may say of how it is to be shown.
ICONS = [{"src": "https://icons.example/a.png", "mimeType": "image/png", "sizes": ["48x48"]}]
NOTES = {"audience": ["user"], "priority": 0.5, "lastModified": "2026-01-01T00:00:00Z"}
SHOWN = {"title": "Shown", "icons": ICONS, "_meta": {"example.org/x": [1, 2.50]}}
TOOLS.append({"name": "rich", **SHOWN, "annotations": {"title": "R", "readOnlyHint": True, "openWorldHint": False},
              "inputSchema": {"type": "object"}})
RESOURCES[2].update({**SHOWN, "annotations": NOTES, "size": 3})
TEMPLATES = [{"uriTemplate": "file:///{name}", "name": "files"}]
PROMPTS = [{"name": "plain"}, {"name": "asking", "arguments": [{"name": "who"}]}, {"name": "last", **SHOWN}]
CAPABILITIES = {"tools": {"listChanged": True}, "resources": {"listChanged": True, "subscribe": True},
                "prompts": {"listChanged": True}, "completions": {}, "logging": {}}


def answer(method, params, number):
    if method == "initialize" and not MODERN:
        note("initialize", capabilities=params["capabilities"])
        return {"protocolVersion": VERSION, "capabilities": CAPABILITIES, "instructions": "Be brief.",
                "serverInfo": {"name": "fake", "version": "1"}}
    if method == "server/discover" and MODERN:
        return done({"supportedVersions": [VERSION], "capabilities": CAPABILITIES, "instructions": "Be brief.",
                     "_meta": {META + "serverInfo": {"name": "fake", "version": "1"}}}, cached=True)
    if MODERN and method in ("tools/call", "resources/read", "prompts/get"):
        note("capabilities", capabilities=params["_meta"][META + "clientCapabilities"])
    if method == "tools/list":
        return listed("tools", TOOLS, params)
    if method == "resources/list":
        return listed("resources", RESOURCES, params)
    if method == "resources/templates/list":
        return listed("resourceTemplates", TEMPLATES, params)
    if method == "prompts/list":
        return listed("prompts", PROMPTS, params)
    if method == "tools/call":
        note("call", tool=params["name"])
        return call(params, number)
    if method == "resources/read":
        return read(params, number)
    if method == "prompts/get":
        return prompt(params, number)
    if method == "completion/complete":
        return done({"completion": {"values": [params["argument"]["value"] + "ringe"], "total": 1, "hasMore": False}})
    if method in ("resources/subscribe", "resources/unsubscribe") and not MODERN:
        (subscribed.add if method.endswith("/subscribe") else subscribed.discard)(params["uri"])
        note(method, uri=params["uri"])
        return {}
    if method == "logging/setLevel" and not MODERN:
        level.append(params["level"])
        return {}
    raise Refused(json.dumps({"code": -32601, "message": "Method not found"}))


def run(method, params, number):
    try:
        result = answer(method, params, number)
    except Refused as refused:
        send({"id": number, "error": json.loads(str(refused))})
        if sys.argv[3:] == ["leaves"] and method in ("initialize", "server/discover"):
            note("left")
            os._exit(1)
    else:
        if number not in cancelled:
            send({"id": number, "result": result})


def handle(message):
    method, number, params = message.get("method"), message.get("id"), message.get("params") or {}
    if method is None:
        with answered:
            answers[number] = message
            answered.notify_all()
    elif method == "notifications/cancelled":
        if listening.pop(params.get("requestId"), None) is None:
            cancelled.add(params.get("requestId"))
            note("cancelled")
    elif method == "subscriptions/listen" and MODERN:
        listening[number] = params["notifications"]
        note("listen", uris=params["notifications"].get("resourceSubscriptions", []))
        acknowledged = {"notifications": params["notifications"], "_meta": {META + "subscriptionId": number}}
        send({"method": "notifications/subscriptions/acknowledged", "params": acknowledged})
    elif method == "notifications/roots/list_changed":
        threading.Thread(target=lambda: note("roots", **request("roots/list", {})), daemon=True).start()
    elif number is None:
        note(method)
    else:
        threading.Thread(target=run, args=(method, params, number), daemon=True).start()


for line in sys.stdin.buffer:
    handle(json.loads(line))
