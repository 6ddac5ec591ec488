// A small load balancer for trying out several instances on one machine: each request goes to the next instance, and on to
// another one while an instance is away. In production nginx does this (deploy/nginx.conf).
//
//   node scripts/proxy.mjs PORT INSTANCE-PORT...
import http from "node:http";

/** Bytes of a request that are kept, so that it can be sent again; the shop takes no more. */
const BODY_MAX = 64 * 1024;
/** How long an instance may take to answer. */
const TIMEOUT_MS = 12_000;
/** Only these may be sent twice: reads, and clicks, which are the same ticket however often they are sent. */
const mayRepeat = ({ method, url }) => method === "GET" || method === "HEAD" || url.split("?")[0] === "/api/v1/user/sckill/";

const [port, ...instances] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1024 });
let turn = 0;

function forward(request, body, response, tries) {
  const instance = instances[turn++ % instances.length];
  const onward = () => {
    if (response.headersSent) return response.destroy();
    if (tries > 1 && mayRepeat(request)) return forward(request, body, response, tries - 1);
    response.writeHead(502, { "content-type": "text/plain" }).end("no instance answered\n");
  };
  const headers = { ...request.headers, "x-forwarded-for": request.socket.remoteAddress ?? "" };
  const asked = http.request({ port: instance, host: "127.0.0.1", method: request.method, path: request.url, headers, agent, timeout: TIMEOUT_MS });
  asked.on("timeout", () => asked.destroy(new Error("timeout")));
  asked.on("error", onward);
  asked.on("response", (answer) => {
    if (answer.statusCode === 503 && tries > 1 && mayRepeat(request)) {
      answer.resume();
      return forward(request, body, response, tries - 1);
    }
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
  });
  asked.end(body);
}

const server = http.createServer((request, response) => {
  const chunks = [];
  let size = 0;
  request.on("data", (chunk) => {
    size += chunk.length;
    if (size > BODY_MAX) {
      response.writeHead(413).end();
      return request.destroy();
    }
    chunks.push(chunk);
  });
  request.on("error", () => response.destroy());
  request.on("end", () => forward(request, Buffer.concat(chunks), response, instances.length));
});
server.listen(port, "127.0.0.1");
