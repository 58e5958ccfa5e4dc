"""An MCP server on standard input and output whose definitions are what a file says at the moment they are asked for.

Usage: shifting.py FILE. FILE holds {"tools": […], "prompts": […], "instructions": "…"}. A call of any tool answers with its
name. Speaks the legacy eras.
"""

import json
import signal
import sys

# Whatever becomes of the test, this process ends.
signal.alarm(150)

FILE = sys.argv[1]


def said():
    with open(FILE) as file:
        return json.load(file)


def answer(method, params):
    if method == "initialize":
        instructions = {k: said()[k] for k in ["instructions"] if k in said()}
        capabilities = {"tools": {"listChanged": True}, "prompts": {"listChanged": True}}
        return {"protocolVersion": params["protocolVersion"], "capabilities": capabilities,
                "serverInfo": {"name": "shifting", "version": "1"}, **instructions}
    if method == "tools/list":
        return {"tools": said().get("tools", [])}
    if method == "prompts/list":
        return {"prompts": said().get("prompts", [])}
    if method == "prompts/get":
        return {"messages": [{"role": "user", "content": {"type": "text", "text": "prompted"}}]}
    if method == "tools/call":
        return {"content": [{"type": "text", "text": "called " + params["name"]}]}
    return {}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message and "method" in message:
        if message["method"] == "server/discover":
            reply = {"error": {"code": -32601, "message": "not here"}}
        else:
            reply = {"result": answer(message["method"], message.get("params", {}))}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **reply}), flush=True)
