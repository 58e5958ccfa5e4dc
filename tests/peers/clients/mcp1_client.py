"""PyPI mcp 1.x: the handshake of the legacy era, up to 2025-11-25."""

import asyncio
from contextlib import asynccontextmanager

import mcp.types as types
from conversation import converse, environment, wire
from mcp import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from pydantic import AnyUrl


def transport(entry):
    if "url" in entry:
        return streamable_http_client(entry["url"])
    return stdio_client(
        StdioServerParameters(
            command=entry["command"], args=entry.get("args", []), env=environment(entry), cwd=entry.get("cwd")
        )
    )


@asynccontextmanager
async def connect(plan, entry, ears):
    async def question(context, params):
        return await ears.question(params)

    async def prompted(context, params):
        return await ears.prompted(params)

    async def folders(context):
        return await ears.folders()

    async def notice(message):
        if isinstance(message, types.ServerNotification):
            said = wire(message.root)
            await ears.add({"method": said["method"], "params": said.get("params", {})})

    async with transport(entry) as (read, write, *_):
        async with ClientSession(
            read,
            write,
            message_handler=notice,
            elicitation_callback=question if ears.answer else None,
            sampling_callback=prompted if ears.sampling else None,
            list_roots_callback=folders if ears.roots else None,
        ) as session:
            opened = await session.initialize()
            yield session, {"version": opened.protocolVersion, "server": wire(opened.serverInfo)}


async def call(client, line):
    progress = []

    async def on_progress(done, total, message):
        progress.append([done, total])
        line.get("progressed", lambda: None)()

    if "level" in line:
        await client.set_logging_level(line["level"])
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
            wanted = types.PaginatedRequestParams(cursor=cursor) if cursor else None
            page = await getattr(client, method)(params=wanted)
            pages.append(wire(page))
            cursor = page.nextCursor
            if cursor is None:
                return pages

    return all_pages


async def complete(client, line):
    kind = types.PromptReference if line["ref"]["type"] == "ref/prompt" else types.ResourceTemplateReference
    return wire(await client.complete(kind(**line["ref"]), line["argument"], line.get("context")))


async def get(client, line):
    return wire(await client.get_prompt(line["name"], line.get("arguments")))


async def read(client, line):
    return wire(await client.read_resource(AnyUrl(line["uri"])))


async def follow(client, line, ears, ready):
    """`resources` are URIs; changes of lists are told to every session."""
    for uri in line.get("resources", []):
        await client.subscribe_resource(AnyUrl(uri))
    ready()


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
            "follow": follow,
        },
    )
)
