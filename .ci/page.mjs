// Tries the page of the local Lambda in headless Chromium, over the DevTools protocol on a pipe.
// Usage: .ci/page, which finds Chromium and builds the functions.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";

const [chromium, target, option] = process.argv.slice(2);
const TIME_MAX = 30_000;
const profile = mkdtempSync(join(tmpdir(), "page-"));
const children = [];
const start = (program, args, options) => {
  const child = spawn(program, args, options);
  children.push(child);
  return child;
};
const end = async (code) => {
  for (const child of children) child.kill("SIGKILL");
  // The processes of Chromium write to its profile until they have ended.
  for (let tries = 50; tries > 0; tries -= 1) {
    try {
      rmSync(profile, { recursive: true, force: true });
      break;
    } catch {
      await pause(100);
    }
  }
  process.exit(code);
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const fail = (error) => {
  console.error(`page: ${error.stack ?? error}`);
  end(1);
};
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);

// The browser. Messages on the pipe end with a NUL byte.
const browser = start(chromium, ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
  "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"],
  { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const replies = new Map();
const problems = [];
let n = 0;
let rest = "";
browser.stdio[4].setEncoding("utf8").on("data", (text) => {
  const messages = (rest + text).split("\0");
  rest = messages.pop();
  for (const message of messages.map((one) => JSON.parse(one))) {
    const { id, method, params, result, error } = message;
    if (id) replies.get(id)(error ? Promise.reject(new Error(error.message)) : result);
    if (method === "Runtime.exceptionThrown") problems.push(JSON.stringify(params.exceptionDetails));
    if (method === "Runtime.consoleAPICalled" && params.type === "error") problems.push(JSON.stringify(params.args));
    if (method === "Log.entryAdded" && params.entry.level === "error") problems.push(`${params.entry.text} ${params.entry.url}`);
  }
});
let session;
const call = (method, params = {}) => new Promise((done, failed) => {
  const id = ++n;
  replies.set(id, done);
  setTimeout(() => failed(new Error(`${method} takes too long`)), TIME_MAX).unref();
  browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId: session }) + "\0");
});

// Evaluates an expression in the page.
const evaluate = async (expression) => {
  const { result, exceptionDetails } = await call("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
  if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
  return result.value;
};
// Waits until an expression is true.
const until = async (expression) => {
  for (const began = Date.now(); !await evaluate(expression); await pause(50)) {
    if (Date.now() - began > TIME_MAX) {
      throw new Error(`expected ${expression}; the page has:\n${await evaluate("document.body.innerText")}`);
    }
  }
};
const id = (name) => `document.getElementById("${name}")`;
const has = (name, text) => until(`${id(name)}.textContent.includes(${JSON.stringify(text)})`);
const text = (name) => evaluate(`${id(name)}.textContent`);
const type = (name, value) => evaluate(`{ const it = ${id(name)}; it.value = ${JSON.stringify(value)};
  it.dispatchEvent(new Event("input", { bubbles: true })); }`);
// Clicks with the mouse, so that an element that is covered or hidden fails.
const click = async (selector) => {
  const { x, y, hit } = await evaluate(`(() => {
    const it = document.querySelector(${JSON.stringify(selector)});
    it.scrollIntoView({ block: "center" });
    const { x, y, width, height } = it.getBoundingClientRect();
    const point = { x: x + width / 2, y: y + height / 2 };
    return { ...point, hit: it.contains(document.elementFromPoint(point.x, point.y)) };
  })()`);
  assert(hit, `${selector} is covered or hidden`);
  for (const type of ["mousePressed", "mouseReleased"]) {
    await call("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
  }
};
const press = async (key, modifiers = 0) => {
  for (const type of ["keyDown", "keyUp"]) {
    await call("Input.dispatchKeyEvent", { type, key, code: key, modifiers, windowsVirtualKeyCode: key === "Enter" ? 13 : 9 });
  }
};
const CTRL = 2;
const open = async (url) => {
  await call("Page.navigate", { url });
  await until('document.readyState === "complete" && document.getElementById("history")?.children.length > 0');
  await until(`${id("sample")}.options.length > 50`);
};
const size = (width, height) => call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
const theme = (value) => call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });

// Starts a local Lambda. Returns its address, and its log as it grows.
let port = 19_000 + process.pid % 10_000;
const serve = async (program, args) => {
  port += 1;
  const { AWS_LAMBDA_RUNTIME_API: _, ...env } = process.env;
  const child = start(program, [...args, "--port", port], { env, stdio: ["ignore", "ignore", "pipe"] });
  const served = { url: `http://127.0.0.1:${port}`, log: "", end: () => child.kill("SIGKILL") };
  child.stderr.setEncoding("utf8").on("data", (text) => { served.log += text; });
  for (const began = Date.now(); ; await pause(50)) {
    if (await fetch(`${served.url}/_local/history`).then((reply) => reply.ok, () => false)) return served;
    if (Date.now() - began > TIME_MAX) throw new Error(`no local Lambda at ${served.url}: ${served.log}`);
  }
};
const emulator = (name, ...args) => serve(`${target}/emulator`, [`${target}/examples/${name}`, ...args]);
// Opens the page of a local Lambda, and sends a web request from it.
const sendWeb = async (url, path) => {
  await open(`${url}/`);
  await click("[name=mode][value=web]");
  await type("path", path);
  await click("#send");
};
// Runs a command with sh. Returns its output.
const sh = (command, options = {}) => {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8", ...options });
  assert.equal(status, 0, `${command}: ${stderr}`);
  return stdout;
};
const hasCurl = spawnSync("curl", ["--version"]).status === 0;
const invocations = async (url) => (await (await fetch(`${url}/_local/history`)).json()).invocations;

const { targetInfos } = await call("Target.getTargets");
const { targetId } = targetInfos.find((one) => one.type === "page");
({ sessionId: session } = await call("Target.attachToTarget", { targetId, flatten: true }));
for (const domain of ["Page", "Runtime", "Log"]) await call(`${domain}.enable`);
await size(1600, 1000);

let served;
if (option === "--screenshot") {
  served = await serve(`${target}/examples/tracing`, ["--xray"]);
  await open(`${served.url}/`);
  for (const event of ['{"id": "a-16"}', '{"id": "a-17", "cents": []}', '{"id": "a-18", "cents": [100, 50, 200]}']) {
    await type("event", event);
    await press("Enter", CTRL);
    await until(`!${id("send")}.disabled && ${id("facts")}.textContent.includes("request ID")`);
  }
  await size(1400, 700);
  await pause(500);
  const { data } = await call("Page.captureScreenshot", { format: "png" });
  writeFileSync("tests/page.png", Buffer.from(data, "base64"));
  await end(0);
}

// A function in a process of its own.
served = await emulator("function", "--timeout", "2");
await open(`${served.url}/`);
assert.deepEqual(await invocations(served.url), [], "loading the page has invoked the function");
assert(!served.log.includes("ERROR"), served.log);

// A click shows the response, and tells a cold from a warm start.
const first = JSON.stringify("it's $(id) `id` \\ \"[a]\" @é");
await type("event", first);
await click("#send");
await has("status", "success");
assert.equal(await text("response"), first);
await has("facts", "cold start, init ");
await has("facts", " MB of 128 MB");
await has("log", "REPORT RequestId");
await until(`${id("history")}.children.length === 1`);
await press("Enter", CTRL);
await until(`!${id("send")}.disabled`);
await has("facts", " · warm · ");

// The command for a shell, with curl and without.
const command = await text("curl");
const words = sh(`curl() { printf '%s\\n' "$@"; }; ${command}`).trimEnd().split("\n");
assert.deepEqual(words, ["-sS", `${served.url}/2015-03-31/functions/function/invocations`, "-H",
  "Content-Type: application/json", "--data-raw", first]);
if (hasCurl) assert.equal(sh(command), first);

// Errors of the function, a process that ends, a timeout, and malformed JSON.
for (const [event, status, part] of [
  ['"error"', "error: Function.NoStock", "sold out"],
  ['"exit"', "error: Runtime.ExitError", "exit status 3"],
]) {
  await type("event", event);
  await click("#send");
  await has("status", status);
  await has("error", part);
  await until(`!${id("error")}.hidden`);
}
const before = (await invocations(served.url)).length;
await type("event", '{"a": }');
await click("#send");
await has("problem", "The event is not valid JSON");
assert.equal((await invocations(served.url)).length, before, "malformed JSON has invoked the function");
// The page shows HTML in a response as text.
await type("event", JSON.stringify("<img src=x onerror=document.title='broken'><script>alert(1)</script>"));
await click("#send");
await has("response", "<img src=x");
assert.equal(await evaluate("document.title"), "Local Lambda");
assert.equal(await evaluate("document.querySelectorAll('#results img, #history img').length"), 0);

// A sample, found by search; the event is kept over a reload.
await type("search", "object lambda");
await evaluate(`${id("search")}.focus()`);
await press("Enter");
await until(`${id("event")}.value.includes("getObjectContext")`);
assert.deepEqual(await evaluate(`[...document.querySelectorAll("optgroup")].map((one) => one.label)`), ["Amazon S3"]);
const event = await evaluate(`${id("event")}.value`);
await evaluate(`{ const it = ${id("theme")}; it.value = "dark"; it.onchange(); }`);
await open(`${served.url}/`);
assert.equal(await evaluate(`${id("event")}.value`), event);
assert.equal(await evaluate("getComputedStyle(document.body).colorScheme"), "dark");

// The history shows an earlier invocation, and its event can be changed.
await click('#history [title="Function.NoStock"]');
await has("error", "sold out");
assert.equal(await evaluate(`${id("event")}.value`), '"error"');

// Colours with enough contrast, and no width at which the page scrolls sideways (WCAG 2.2, 1.4.3 and 1.4.10).
for (const scheme of ["light", "dark"]) {
  await theme(scheme);
  await evaluate(`{ const it = ${id("theme")}; it.value = ""; it.onchange(); }`);
  const low = await evaluate(`(() => {
    const light = (color) => {
      const [r, g, b] = color.match(/[\\d.]+/g).map((c) => c / 255).map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
      return .2126 * r + .7152 * g + .0722 * b;
    };
    const back = (it) => {
      const color = getComputedStyle(it).backgroundColor;
      return color === "rgba(0, 0, 0, 0)" ? back(it.parentElement) : color;
    };
    const found = [];
    for (const it of document.querySelectorAll("body *")) {
      const own = [...it.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
      if (!own || !it.checkVisibility()) continue;
      const [a, b] = [light(getComputedStyle(it).color), light(back(it))].sort((a, b) => b - a);
      const ratio = (a + .05) / (b + .05);
      if (ratio < 4.5) found.push(it.tagName + " " + it.id + it.className + " " + ratio.toFixed(2));
    }
    return found;
  })()`);
  assert.deepEqual(low, [], `contrast in ${scheme}`);
}
for (const width of [400, 700, 1000, 1600]) {
  await size(width, 900);
  assert(await evaluate("document.documentElement.scrollWidth <= innerWidth"), `the page is wider than ${width} pixels`);
}
// Each control has a name for screen readers, and none changes the order of the focus.
assert.deepEqual(await evaluate(`[...document.querySelectorAll("input, select, textarea, button, [tabindex]")].filter((it) =>
  !(it.labels?.length || it.ariaLabel || (it.tagName === "BUTTON" && it.textContent)) || it.tabIndex > 0).map((it) => it.outerHTML)`), []);

// An invocation that runs into its timeout.
served.end();
served = await emulator("streaming", "--timeout", "2");
await sendWeb(served.url, "/?from=9");
await has("status", "timeout");
await has("error", "Sandbox.Timedout");
await has("log", "Task timed out after 2.00 seconds");
served.end();

// A stream appears as it comes.
served = await emulator("streaming", "--timeout", "20");
await sendWeb(served.url, "/?from=2");
await has("response", '{"left":2}');
assert(await evaluate(`${id("send")}.disabled`), "the stream appeared at its end");
assert(!(await text("response")).includes("statusCode"), "the head of the stream is shown as a part of its body");
await has("status", "success");
await has("web-head", "HTTP 200");
await has("response", '{"left":0}');
served.end();

// Web requests, to a function in the process of the local Lambda.
served = await serve(`${target}/examples/http`, []);
await open(`${served.url}/`);
assert.deepEqual(await invocations(served.url), []);
await click("[name=mode][value=web]");
await type("method", "POST");
await type("path", "/orders");
await type("headers", "Content-Type: application/json\nX-Note: it's");
await type("body", '{"item": "tea", "quantity": 2}');
await press("Enter", CTRL);
await has("web-head", "HTTP 201");
await has("response", '"cents": 500');
const web = await text("curl");
const webWords = sh(`curl() { printf '%s\\n' "$@"; }; ${web}`);
assert(webWords.includes("X-Note: it's\n") && webWords.endsWith('{"item": "tea", "quantity": 2}\n'), webWords);
if (hasCurl) assert(sh(web).startsWith("HTTP/1.1 201"), web);
await type("headers", "no colon");
await click("#send");
await has("problem", "expected name: value");
await type("headers", "");
await type("path", "/not here/é");
await type("method", "GET");
await type("body", "");
await click("#send");
await has("web-head", "HTTP 404");
if (hasCurl) {
  // A request that a browser would send with this header shows the page.
  await type("path", "/");
  await type("headers", "Accept: text/html");
  assert(sh(await text("curl")).endsWith("Welcome, stranger!"));
  await type("method", "HEAD");
  assert(sh(await text("curl")).startsWith("HTTP/1.1 "));
}
// An invocation of another program appears by itself.
await fetch(`${served.url}/?name=Ada`);
await until(`${id("history")}.textContent.includes("GET /?name=Ada")`);
await click("#history li button");
await has("response", "Welcome, Ada!");
assert.equal(await evaluate(`${id("path")}.value`), "/?name=Ada");
assert(served.log.includes("POST /_local/request: 200") && !served.log.includes("/_local/history"), served.log);
// The page stays when the local Lambda has ended.
const isQuiet = problems.splice(0);
assert.deepEqual(isQuiet, [], "errors in the console");
served.end();
await has("link", "does not reply");

console.log("the page: ok");
await end(0);
