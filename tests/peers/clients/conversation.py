"""The test's side of a client program in Python: JSON lines on stdin, one answer line each on stdout.

The first argument is a plan: {"mode", "answer", "sampling", "roots", "servers": [{"command", "args", "env", "cwd"} |
{"url"}]}. `answer` is the person's to every question, `sampling` the model's, `roots` the folders; each is offered to
servers where it is given. The program connects to every server and writes {"ready": [...]}; then each line {"op",
"server", ...} is answered with {"result": ...} or {"error": {"code", "message", "data"}}. See Serving for the operations.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack

try:
    import mcp_types as types
    from mcp.shared.exceptions import MCPError
except ImportError:
    # mcp 1.x.
    import mcp.types as types
    from mcp.shared.exceptions import McpError as MCPError

PATIENCE = 30


def wire(model):
    """A model as it is on the wire."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def environment(entry):
    return entry.get("env") or {}


class Ears:
    """What servers said outside answers, in order, and what they asked."""

    def __init__(self, plan):
        self.patience = plan.get("patience", PATIENCE)
        self.answer, self.sampling, self.roots = (plan.get(key) for key in ("answer", "sampling", "roots"))
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

    async def prompted(self, params):
        """The model's answer."""
        await self.add({"method": "sampling/createMessage", "params": wire(params)})
        return types.CreateMessageResult(**self.sampling)

    async def folders(self):
        await self.add({"method": "roots/list", "params": {}})
        return types.ListRootsResult(roots=self.roots)

    async def until(self, method, count):
        """All that was heard, once `method` was heard `count` times."""

        def enough():
            return sum(item["method"] == method for item in self.heard) >= count

        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(enough), self.patience)
        return list(self.heard)


class Serving:
    """Operations on connected servers. `verbs` maps an operation to a function of (client, arguments)."""

    def __init__(self, plan, connect, clients, ears, verbs):
        self.plan = plan
        self.connect = connect
        self.clients = clients
        self.ears = ears
        self.verbs = verbs
        self.running = {}
        self.opened = AsyncExitStack()
        self.following = []

    async def open(self, line):
        """Connects to one more server, in the place of all others, with fresh ears."""
        await self.close()
        self.ears = Ears(self.plan)
        plan = {**self.plan, "mode": line["mode"]} if "mode" in line else self.plan
        async with asyncio.timeout(PATIENCE):
            client, about = await self.opened.enter_async_context(self.connect(plan, line["entry"], self.ears))
        self.clients = [client]
        return about

    async def close(self):
        for task in self.following:
            task.cancel()
        await asyncio.gather(*self.following, return_exceptions=True)
        opened, self.opened, self.following, self.clients = self.opened, AsyncExitStack(), [], []
        try:
            await opened.aclose()
        except Exception as error:
            # The connection is over; how it ended is nobody's business here.
            sys.stderr.write(f"closing: {error!r}\n")

    async def follow(self, client, line):
        """Hears from now on that lists changed, or resources."""
        ready = asyncio.Event()
        task = asyncio.create_task(self.verbs["follow"](client, line, self.ears, ready.set))
        self.following.append(task)
        done, _ = await asyncio.wait(
            [task, asyncio.create_task(ready.wait())], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
        )
        if task in done:
            await task

    async def run(self, line):
        op = line["op"]
        if op == "open":
            return await self.open(line)
        if op == "close":
            return await self.close()
        client = self.clients[line.get("server", 0)]
        if op == "heard":
            return await self.ears.until(line.get("until"), line.get("count", 0 if line.get("until") is None else 1))
        if op == "begin":
            progressed = asyncio.Event()
            task = asyncio.create_task(self.verbs["call"](client, {**line, "progressed": progressed.set}))
            self.running[line["task"]] = task, progressed
            return None
        if op == "progressed":
            task, progressed = self.running[line["task"]]
            hears = asyncio.create_task(progressed.wait())
            await asyncio.wait([task, hears], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            return None
        if op == "follow":
            return await self.follow(client, line)
        if op == "cancel":
            self.running[line["task"]][0].cancel()
            return None
        if op == "end":
            return await self.running.pop(line["task"])[0]
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
    ears = Ears(plan)
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
        serving = Serving(plan, connect, clients, ears, verbs)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            try:
                say({"result": await serving.run(json.loads(line))})
            except (Exception, asyncio.CancelledError) as error:
                say(fault(error))
        await serving.close()
