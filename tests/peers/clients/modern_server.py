"""A server of PyPI's mcp with what the published servers of the modern era lack: changing tools, and questions (MRTR)."""

from pathlib import Path

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, ElicitRequest, ElicitRequestFormParams, InputRequiredResult, TextContent

server = MCPServer("modern", version="1")
READS = {"readOnlyHint": True}


@server.tool(annotations=READS)
async def read_more(ctx: Context) -> str:
    """Reads, and offers one more tool from then on."""

    @server.tool(annotations=READS)
    def read_again() -> str:
        """Reads again."""
        return "again"

    await ctx.notify_tools_changed()
    return "more"


@server.tool(annotations=READS)
async def read_answers(ctx: Context, count: int) -> CallToolResult | InputRequiredResult:
    """Asks `count` questions, one after the other, and reads the answers back."""
    told = ctx.request_state.split(",") if ctx.request_state else []
    if ctx.input_responses:
        told += [str((answer.content or {}).get("word")) for answer in ctx.input_responses.values()]
    if len(told) == count:
        return CallToolResult(content=[TextContent(type="text", text=" ".join(told))])
    schema = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
    question = ElicitRequestFormParams(message=f"Word {len(told) + 1}?", requested_schema=schema)
    return InputRequiredResult(
        input_requests={f"word-{len(told)}": ElicitRequest(params=question)}, request_state=",".join(told) or None
    )


@server.tool(annotations=READS)
async def read_slowly(started: str, cancelled: str) -> str:
    """Creates the file `started` and reads for ten minutes; creates the file `cancelled` where it is told to stop."""
    Path(started).touch()
    try:
        await anyio.sleep(600)
    except anyio.get_cancelled_exc_class():
        Path(cancelled).touch()
        raise
    return "read"


server.run()
