"""PyPI mcp: `mode` is auto, legacy or a modern version."""

import asyncio
from contextlib import asynccontextmanager

import mcp_types as types
from conversation import converse, environment, wire
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.shared.subscriptions import event_to_notification


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

    async def prompted(context, params):
        return await ears.prompted(params)

    async def folders(context):
        return await ears.folders()

    client = Client(
        server,
        mode=plan.get("mode", "auto"),
        cache=None,
        log_level=plan.get("logLevel"),
        message_handler=ears.notice,
        elicitation_callback=question if ears.answer else None,
        sampling_callback=prompted if ears.sampling else None,
        list_roots_callback=folders if ears.roots else None,
    )
    async with client:
        yield client, {"version": client.protocol_version, "server": wire(client.server_info) if client.server_info else None}


def is_modern(client):
    return client.protocol_version >= "2026"


async def call(client, line):
    """`level` asks for the log of this call in the era's own way."""
    progress, meta = [], None

    async def on_progress(done, total, message):
        progress.append([done, total])
        line.get("progressed", lambda: None)()

    if "level" in line and is_modern(client):
        meta = {"io.modelcontextprotocol/logLevel": line["level"]}
    elif "level" in line:
        await client.set_logging_level(line["level"])
    result = wire(
        await client.call_tool(
            line["name"],
            line.get("arguments", {}),
            progress_callback=on_progress if line.get("progress") else None,
            meta=meta,
        )
    )
    return {"progress": progress, "result": result} if line.get("progress") else result


async def follow(client, line, ears, ready):
    """`resources` are URIs; `lists` are "tools", "prompts", "resources"."""
    uris, lists = line.get("resources", []), line.get("lists", [])
    if not is_modern(client):
        for uri in uris:
            await client.subscribe_resource(uri)
        return ready()
    wanted = {f"{kind}_list_changed": True for kind in lists}
    async with client.listen(resource_subscriptions=uris, **wanted) as subscription:
        ready()
        async for event in subscription:
            await ears.add({k: v for k, v in wire(event_to_notification(event, {})).items() if k != "jsonrpc"})


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
            "follow": follow,
            "ping": ping,
        },
    )
)
