"""PyPI fastmcp: `mode` is auto, legacy or a modern version."""

import asyncio
from contextlib import asynccontextmanager

from conversation import converse, environment, wire
from fastmcp import Client
from fastmcp.client.transports import StdioTransport


@asynccontextmanager
async def connect(plan, entry, ears):
    if "url" in entry:
        transport = entry["url"]
    else:
        transport = StdioTransport(
            command=entry["command"],
            args=entry.get("args", []),
            env=environment(entry),
            cwd=entry.get("cwd"),
            keep_alive=False,
        )

    async def question(message, response_type, params, context):
        return await ears.question(params)

    given = {"elicitation_handler": question} if ears.answer else {}
    async with Client(transport, mode=plan.get("mode", "auto"), message_handler=ears.notice, **given) as client:
        session = client.session
        info = session.server_info
        yield client, {"version": session.protocol_version, "server": wire(info) if info else None}


async def call(client, line):
    return wire(await client.call_tool_mcp(line["name"], line.get("arguments", {})))


async def tools(client, line):
    return [wire(await client.list_tools_mcp())]


asyncio.run(converse(connect, {"call": call, "tools": tools}))
