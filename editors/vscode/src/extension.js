// Starts `convlint server` and shows what it says.
"use strict";

const vscode = require("vscode");
const { LanguageClient, RevealOutputChannelOn } = require("vscode-languageclient/node");

const TABLE = "convlint-table";

/** @type {LanguageClient | undefined} */
let client;
/** @type {import("vscode").LogOutputChannel | import("vscode").OutputChannel | undefined} */
let log;
const tables = new Map();
const tableChanged = new vscode.EventEmitter();

/** The interpreter that the Python extension uses for a file, undefined without that extension. */
async function interpreterOfPythonExtension() {
  const extension = vscode.extensions.getExtension("ms-python.python");
  if (!extension) return undefined;
  try {
    const api = extension.isActive ? extension.exports : await extension.activate();
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const environment = api?.environments?.getActiveEnvironmentPath?.(folder);
    const resolved = environment && (await api.environments.resolveEnvironment(environment));
    return resolved?.executable?.uri?.fsPath ?? environment?.path;
  } catch {
    return undefined;
  }
}

/** How the server is started: a command and its arguments. */
async function serverCommand() {
  const settings = vscode.workspace.getConfiguration("convlint");
  const path = settings.get("path", "");
  if (path) return { command: path, args: ["server"] };
  const python =
    settings.get("interpreter", "") ||
    (await interpreterOfPythonExtension()) ||
    (process.platform === "win32" ? "python" : "python3");
  return { command: python, args: ["-m", "convlint", "server"] };
}

/** The settings, in the words of the server. */
function wishes() {
  const settings = vscode.workspace.getConfiguration("convlint");
  const names = ["select", "ignore", "profile", "imageDataFormat", "inlayHints", "codeLens"];
  return { ...Object.fromEntries(names.map((name) => [name, settings.get(name)])), presentsTables: true };
}

async function present(builder, answer) {
  if (answer.message) vscode.window.showWarningMessage(`convlint: ${answer.message}`);
  if (!answer.table) return;
  const uri = vscode.Uri.parse(`${TABLE}:${encodeURIComponent(builder)}.txt`);
  tables.set(uri.toString(), answer.table);
  tableChanged.fire(uri);
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.Beside });
}

async function start(context) {
  const { command, args } = await serverCommand();
  // Beside the extension, not in the workspace: Python takes modules from the folder it is started in.
  const executable = { command, args, options: { cwd: context.extensionPath } };
  client = new LanguageClient("convlint", "convlint", executable, {
    documentSelector: [{ language: "python" }],
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: wishes(),
    synchronize: {
      fileEvents: vscode.workspace.createFileSystemWatcher("**/{*.py,pyproject.toml,convlint.toml,.convlint.toml}"),
    },
    middleware: {
      async executeCommand(name, parameters, next) {
        const answer = await next(name, parameters);
        if (name === "convlint.inspect" && answer) await present(parameters[1], answer);
        return answer;
      },
    },
  });
  try {
    await client.start();
  } catch (error) {
    const choice = await vscode.window.showErrorMessage(
      `convlint: ${command} does not start the server. Install it there with: pip install "convlint[server]"`,
      "Show log",
      "Settings",
    );
    log.appendLine(String(error));
    if (choice === "Show log") log.show();
    if (choice === "Settings") vscode.commands.executeCommand("workbench.action.openSettings", "convlint");
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running?.isRunning?.()) await running.stop();
}

async function fixAllInFile() {
  const uri = vscode.window.activeTextEditor?.document.uri;
  if (!uri || !client) return;
  const argument = client.code2ProtocolConverter.asUri(uri);
  const done = await client.sendRequest("workspace/executeCommand", { command: "convlint.fixAll", arguments: [argument] });
  if (!done) vscode.window.setStatusBarMessage("convlint: nothing to fix safely", 3000);
}

async function inspectBuilder() {
  const document = vscode.window.activeTextEditor?.document;
  if (!document || !client) return;
  const uri = client.code2ProtocolConverter.asUri(document.uri);
  const lenses = (await client.sendRequest("textDocument/codeLens", { textDocument: { uri } })) ?? [];
  const names = lenses.map((lens) => lens.command.arguments[1]);
  if (!names.length) {
    vscode.window.showInformationMessage("convlint: no function, class or variable of this file makes a Keras model");
    return;
  }
  const name = names.length > 1 ? await vscode.window.showQuickPick(names) : names[0];
  if (name) await vscode.commands.executeCommand("convlint.inspect", uri, name);
}

async function activate(context) {
  log = vscode.window.createOutputChannel("convlint");
  const provider = { onDidChange: tableChanged.event, provideTextDocumentContent: (uri) => tables.get(uri.toString()) };
  context.subscriptions.push(
    log,
    tableChanged,
    vscode.workspace.registerTextDocumentContentProvider(TABLE, provider),
    vscode.commands.registerCommand("convlint.restart", async () => {
      await stop();
      await start(context);
    }),
    vscode.commands.registerCommand("convlint.fixAllInFile", fixAllInFile),
    vscode.commands.registerCommand("convlint.inspectBuilder", inspectBuilder),
    vscode.commands.registerCommand("convlint.showLog", () => log.show()),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("convlint.path") || event.affectsConfiguration("convlint.interpreter")) {
        await vscode.commands.executeCommand("convlint.restart");
      } else if (event.affectsConfiguration("convlint")) {
        await client?.sendNotification("workspace/didChangeConfiguration", { settings: { convlint: wishes() } });
      }
    }),
  );
  await start(context);
}

module.exports = { activate, deactivate: stop };
