// Preloaded into CLIs whose SDK does not know AWS_ENDPOINT_URL: their calls to AWS go to the emulator instead.
const http = require("node:http");
const https = require("node:https");

const target = new URL(process.env.AWS_ENDPOINT_URL);
const original = https.request;

https.request = function request(options, ...rest) {
  const host = String(options.hostname ?? options.host ?? "");
  if (!/\.amazonaws\.com(\.cn)?$/.test(host)) return original.call(this, options, ...rest);
  const { agent, protocol, ...kept } = options;
  return http.request({ ...kept, protocol: "http:", host: target.hostname, hostname: target.hostname, port: target.port }, ...rest);
};
