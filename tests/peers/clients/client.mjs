// npm @modelcontextprotocol/client 2.x: `mode` is legacy (its default) or auto.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { converse, environment, plan } from "./conversation.mjs";

async function connect(entry, ears) {
  const transport = entry.url
    ? new StreamableHTTPClientTransport(new URL(entry.url))
    : new StdioClientTransport({ ...entry, env: environment(entry, getDefaultEnvironment()) });
  const client = new Client(
    { name: "ringfence-test-client", version: "1" },
    {
      capabilities: plan.answer ? { elicitation: { form: {} } } : {},
      ...(plan.mode ? { versionNegotiation: { mode: plan.mode } } : {}),
    },
  );
  if (plan.answer) client.setRequestHandler("elicitation/create", ({ params }) => ears.question(params));
  client.fallbackNotificationHandler = async ({ method, params }) => ears.add(method, params);
  await client.connect(transport);
  return { client, about: { version: client.getNegotiatedProtocolVersion() ?? null, server: client.getServerVersion() ?? null } };
}

await converse(connect, {
  call: (client, { name, arguments: given = {} }, signal) => client.callTool({ name, arguments: given }, { signal }),
  tools: async (client) => [await client.listTools()],
});
