"""The test's side of a client program in Python: JSON lines on stdin, one answer line each on stdout.

The first argument is a plan: {"mode", "answer", "servers": [{"command", "args", "env", "cwd"} | {"url"}]}.
The program connects to every server and writes {"ready": [...]}; then each line {"op", "server", ...} is answered with
{"result": ...} or {"error": {"code", "message", "data"}}. See SERVING for the operations.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack

import mcp_types as types
from mcp.shared.exceptions import MCPError

PATIENCE = 30


def wire(model):
    """A model as it is on the wire."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def environment(entry):
    return entry.get("env") or {}


class Ears:
    """What servers said outside answers, in order, and what they asked."""

    def __init__(self, answer):
        self.answer = answer
        self.heard = []
        self.changed = asyncio.Condition()

    async def add(self, item):
        async with self.changed:
            self.heard.append(item)
            self.changed.notify_all()

    async def notice(self, message):
        root = getattr(message, "root", message)
        if isinstance(root, types.Notification):
            said = wire(root)
            await self.add({"method": said["method"], "params": said.get("params", {})})

    async def question(self, params):
        await self.add({"method": "elicitation/create", "params": wire(params)})
        return types.ElicitResult(**self.answer)

    async def until(self, method, count):
        """All that was heard, once `method` was heard `count` times."""

        def enough():
            return sum(item["method"] == method for item in self.heard) >= count

        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(enough), PATIENCE)
        return list(self.heard)


class Serving:
    """Operations on connected servers. `verbs` maps an operation to a function of (client, arguments)."""

    def __init__(self, clients, ears, verbs):
        self.clients = clients
        self.ears = ears
        self.verbs = verbs
        self.running = {}

    async def run(self, line):
        op, client = line["op"], self.clients[line.get("server", 0)]
        if op == "heard":
            return await self.ears.until(line.get("until"), line.get("count", 0 if line.get("until") is None else 1))
        if op == "begin":
            task = asyncio.create_task(self.verbs["call"](client, line))
            self.running[line["task"]] = task
            return None
        if op == "cancel":
            self.running[line["task"]].cancel()
            return None
        if op == "end":
            return await self.running.pop(line["task"])
        return await self.verbs[op](client, line)


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def fault(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, MCPError):
        return {"error": wire(error.error)}
    return {"error": {"code": 0, "message": f"{type(error).__name__}: {error}"}}


async def converse(connect, verbs):
    """Runs the program. `connect(plan, entry, ears)` is an async context manager of a client and what it is."""
    plan = json.loads(sys.argv[1])
    ears = Ears(plan.get("answer"))
    async with AsyncExitStack() as stack:
        clients, ready = [], []
        try:
            for entry in plan["servers"]:
                client, about = await stack.enter_async_context(connect(plan, entry, ears))
                clients.append(client)
                ready.append(about)
        except Exception as error:
            say(fault(error))
            return
        say({"ready": ready})
        serving = Serving(clients, ears, verbs)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            try:
                say({"result": await serving.run(json.loads(line))})
            except (Exception, asyncio.CancelledError) as error:
                say(fault(error))
