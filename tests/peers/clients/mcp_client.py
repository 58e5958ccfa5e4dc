"""PyPI mcp: `mode` is auto, legacy or a modern version."""

import asyncio
from contextlib import asynccontextmanager

import mcp_types as types
from conversation import converse, environment, wire
from mcp import Client
from mcp.client.stdio import StdioServerParameters


@asynccontextmanager
async def connect(plan, entry, ears):
    if "url" in entry:
        server = entry["url"]
    else:
        server = StdioServerParameters(
            command=entry["command"], args=entry.get("args", []), env=environment(entry), cwd=entry.get("cwd")
        )

    async def question(context, params):
        return await ears.question(params)

    client = Client(
        server,
        mode=plan.get("mode", "auto"),
        cache=None,
        log_level=plan.get("logLevel"),
        message_handler=ears.notice,
        elicitation_callback=question if ears.answer else None,
    )
    async with client:
        yield client, {"version": client.protocol_version, "server": wire(client.server_info) if client.server_info else None}


async def call(client, line):
    progress = []

    async def on_progress(done, total, message):
        progress.append([done, total])

    result = wire(
        await client.call_tool(
            line["name"], line.get("arguments", {}), progress_callback=on_progress if line.get("progress") else None
        )
    )
    return {"progress": progress, "result": result} if line.get("progress") else result


def listing(method):
    async def all_pages(client, line):
        pages, cursor = [], None
        while True:
            page = await getattr(client, method)(cursor=cursor)
            pages.append(wire(page))
            cursor = page.next_cursor
            if cursor is None:
                return pages

    return all_pages


async def complete(client, line):
    kind = types.PromptReference if line["ref"]["type"] == "ref/prompt" else types.ResourceTemplateReference
    return wire(await client.complete(kind(**line["ref"]), line["argument"], line.get("context")))


async def listen(client, line):
    """Opens a subscription and hears its first event."""
    async with client.listen(**{line["what"]: True}) as subscription:
        if "then" in line:
            await call(client, line["then"])
        async for event in subscription:
            return type(event).__name__


async def get(client, line):
    return wire(await client.get_prompt(line["name"], line.get("arguments")))


async def read(client, line):
    return wire(await client.read_resource(line["uri"]))


async def level(client, line):
    return wire(await client.set_logging_level(line["level"]))


async def ping(client, line):
    return wire(await client.send_ping())


asyncio.run(
    converse(
        connect,
        {
            "call": call,
            "tools": listing("list_tools"),
            "resources": listing("list_resources"),
            "templates": listing("list_resource_templates"),
            "prompts": listing("list_prompts"),
            "prompt": get,
            "read": read,
            "complete": complete,
            "level": level,
            "listen": listen,
            "ping": ping,
        },
    )
)
