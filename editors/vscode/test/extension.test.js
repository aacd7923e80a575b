// The extension inside a stand-in for VS Code, with the real client library, against the real server.
"use strict";

const assert = require("node:assert");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");

const python = process.env.CONVLINT_PYTHON || "python3";
const root = path.resolve(__dirname, "../../..");
const able = spawnSync(python, ["-c", "import pygls, libcst"], { encoding: "utf8" }).status === 0;

test("the manifest names what the extension registers", () => {
  const manifest = require("../package.json");
  const source = fs.readFileSync(path.join(__dirname, "../src/extension.js"), "utf8");
  for (const { command } of manifest.contributes.commands) assert.ok(source.includes(`"${command}"`), command);
  for (const name of Object.keys(manifest.contributes.configuration.properties)) {
    const first = name.split(".")[1];
    assert.ok(first === "trace" || source.includes(`"${first}"`), name);
  }
});

test("findings, shapes and fixes over the protocol", { skip: able ? false : "python has no pygls" }, async () => {
  const { createProtocolConnection, StreamMessageReader, StreamMessageWriter } = require("vscode-languageserver-protocol/node");
  const { spawn } = require("node:child_process");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "convlint-"));
  const server = spawn(python, ["-m", "convlint", "server"], { cwd: folder, env: { ...process.env, PYTHONPATH: root } });
  server.stderr.pipe(process.stderr);
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin),
  );
  connection.listen();
  try {
    const { capabilities } = await connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: `file://${folder}`,
      capabilities: {
        textDocument: { diagnostic: {}, inlayHint: {}, codeAction: {} }, notebookDocument: { synchronization: {} },
      },
      initializationOptions: { presentsTables: true },
    });
    assert.ok(capabilities.diagnosticProvider && capabilities.inlayHintProvider && capabilities.notebookDocumentSync);
    await connection.sendNotification("initialized", {});
    const uri = `file://${folder}/model.py`;
    const text = "import keras\nx = keras.layers.Conv2D(8, 3, stride=2)(keras.Input((28, 28, 1)))\n";
    await connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "python", version: 1, text },
    });
    const { items } = await connection.sendRequest("textDocument/diagnostic", { textDocument: { uri } });
    assert.deepStrictEqual(items.map((item) => [item.source, item.range.start.line]), [["convlint", 1]]);
    const range = { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } };
    const hints = await connection.sendRequest("textDocument/inlayHint", { textDocument: { uri }, range });
    assert.deepStrictEqual(hints.map((hint) => hint.label), ["(None, 13, 13, 8)"]);
    const actions = await connection.sendRequest("textDocument/codeAction", {
      textDocument: { uri }, range: items[0].range, context: { diagnostics: items },
    });
    assert.match(JSON.stringify(actions[0].edit), /strides/);
  } finally {
    await connection.sendRequest("shutdown");
    await connection.sendNotification("exit");
    await new Promise((resolve) => server.once("exit", resolve));
    fs.rmSync(folder, { recursive: true });
  }
});

test("the bundle activates, starts the interpreter of the settings and says so when there is none", async () => {
  const Module = require("node:module");
  const { vscode, shown, registered } = require("./stand-in.js");
  const load = Module._load;
  Module._load = function (name, ...rest) {
    return name === "vscode" ? vscode : load.call(this, name, ...rest);
  };
  try {
    const extension = require("../dist/extension.js");
    vscode.settings.interpreter = "/no/such/python";
    const context = { subscriptions: [], extensionPath: os.tmpdir() };
    await extension.activate(context);
    assert.ok(shown.some((text) => text.includes("/no/such/python") && text.includes("convlint[server]")), shown.join("\n"));
    for (const name of ["convlint.restart", "convlint.fixAllInFile", "convlint.inspectBuilder", "convlint.showLog"]) {
      assert.ok(registered.has(name), name);
    }
    if (able) {
      process.env.PYTHONPATH = root;
      vscode.settings.interpreter = python;
      shown.length = 0;
      await registered.get("convlint.restart")();
      assert.deepStrictEqual(shown, []);
      assert.ok(registered.has("convlint.inspect"), "the server's own commands are registered by the client library");
    }
    await extension.deactivate();
  } finally {
    Module._load = load;
  }
});
