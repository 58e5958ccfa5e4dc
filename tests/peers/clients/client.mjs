// npm @modelcontextprotocol/client 2.x: `mode` is legacy (its default), auto, or a modern version that it is pinned to.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { converse, environment, plan } from "./conversation.mjs";

const negotiation = (mode) => (mode === "legacy" || mode === "auto" ? mode : { pin: mode });

async function connect(entry, ears, mode) {
  const transport = entry.url
    ? new StreamableHTTPClientTransport(new URL(entry.url))
    : new StdioClientTransport({ ...entry, env: environment(entry, getDefaultEnvironment()) });
  const client = new Client(
    { name: "ringfence-test-client", version: "1" },
    {
      capabilities: {
        ...(plan.answer ? { elicitation: { form: {} } } : {}),
        ...(plan.sampling ? { sampling: {} } : {}),
        ...(plan.roots ? { roots: {} } : {}),
      },
      ...(mode ? { versionNegotiation: { mode: negotiation(mode) } } : {}),
    },
  );
  if (plan.answer) client.setRequestHandler("elicitation/create", ({ params }) => ears.question(params));
  if (plan.sampling) client.setRequestHandler("sampling/createMessage", ({ params }) => ears.prompted(params));
  if (plan.roots) client.setRequestHandler("roots/list", () => ears.folders());
  client.fallbackNotificationHandler = async ({ method, params }) => ears.add(method, params);
  await client.connect(transport);
  return { client, about: { version: client.getNegotiatedProtocolVersion() ?? null, server: client.getServerVersion() ?? null } };
}

const isModern = (client) => client.getNegotiatedProtocolVersion() >= "2026";

/** Lists are whole: this library walks their pages itself. */
const all = (list) => async (client) => [await client[list]()];

await converse(connect, {
  /** `level` asks for the log of this call in the era's own way. */
  async call(client, { name, arguments: given = {}, progress, level }, signal, progressed = () => {}) {
    const heard = [];
    const onprogress = progress
      ? ({ progress: done, total }) => {
          heard.push([done, total]);
          progressed();
        }
      : undefined;
    const meta = level && isModern(client) ? { _meta: { "io.modelcontextprotocol/logLevel": level } } : {};
    if (level && !isModern(client)) await client.setLoggingLevel(level);
    const result = await client.callTool({ name, arguments: given, ...meta }, { signal, onprogress });
    return progress ? { progress: heard, result } : result;
  },
  tools: all("listTools"),
  resources: all("listResources"),
  templates: all("listResourceTemplates"),
  prompts: all("listPrompts"),
  prompt: (client, { name, arguments: given }) => client.getPrompt({ name, arguments: given }),
  read: (client, { uri }) => client.readResource({ uri }),
  complete: (client, { ref, argument, context }) =>
    client.complete({ ref, argument, ...(context ? { context: { arguments: context } } : {}) }),
  /** `resources` are URIs; `lists` are "tools", "prompts", "resources". */
  async follow(client, { resources = [], lists = [] }) {
    if (!isModern(client)) {
      for (const uri of resources) await client.subscribeResource({ uri });
      return;
    }
    const wanted = Object.fromEntries(lists.map((kind) => [`${kind}ListChanged`, true]));
    await client.listen({ ...wanted, ...(resources.length > 0 ? { resourceSubscriptions: resources } : {}) });
  },
});
