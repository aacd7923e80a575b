// As much of VS Code as the client library touches before it starts a server: anything else is an empty something.
"use strict";

const shown = [];
const registered = new Map();
const disposable = () => ({ dispose() {} });

function anything() {
  const target = function () {};
  return new Proxy(target, {
    get: (object, name) => {
      if (name === "prototype") return object.prototype;
      if (name === Symbol.toPrimitive) return () => "";
      if (name === "then") return undefined;
      return name in object ? object[name] : anything();
    },
    apply: () => disposable(),
    construct: () => ({ dispose() {}, event: disposable, fire() {} }),
  });
}

class Plain {
  constructor(...parts) { this.parts = parts; }
  static from() {
    return disposable();
  }
  dispose() {}
}
class EventEmitter {
  constructor() { this.event = disposable; }
  fire() {}
  dispose() {}
}

const kind = (value) => ({ value, append: (part) => kind(value ? `${value}.${part}` : part) });
const settings = {};
const channel = () => ({ append() {}, appendLine() {}, show() {}, dispose() {}, clear() {} });
const known = {
  settings,
  version: "1.90.0",
  EventEmitter,
  CodeActionKind: { Empty: kind(""), QuickFix: kind("quickfix"), SourceFixAll: kind("source.fixAll") },
  env: { appName: "stand-in", language: "en" },
  extensions: { getExtension: () => undefined },
  window: new Proxy({
    createOutputChannel: channel,
    showErrorMessage: async (text) => void shown.push(text),
    showWarningMessage: async (text) => void shown.push(text),
    showInformationMessage: async (text) => void shown.push(text),
    activeTextEditor: undefined,
    visibleTextEditors: [],
    tabGroups: { all: [], onDidChangeTabs: disposable },
  }, { get: (object, name) => (name in object ? object[name] : disposable) }),
  commands: {
    registerCommand: (name, run) => { registered.set(name, run); return disposable(); },
    executeCommand: async (name, ...rest) => registered.get(name)?.(...rest),
  },
  workspace: new Proxy({
    getConfiguration: () => ({ get: (name, fallback) => (name in settings ? settings[name] : fallback) }),
    workspaceFolders: undefined,
    textDocuments: [],
    notebookDocuments: [],
    isTrusted: true,
    createFileSystemWatcher: () => ({ onDidCreate: disposable, onDidChange: disposable, onDidDelete: disposable, dispose() {} }),
  }, { get: (object, name) => (name in object ? object[name] : disposable) }),
};
const vscode = new Proxy(known, {
  get: (object, name) => (name in object ? object[name] : /^[A-Z]/.test(String(name)) ? Plain : anything()),
});

module.exports = { vscode, shown, registered };
