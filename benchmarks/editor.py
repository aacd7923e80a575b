"""From a keystroke to the findings in an editor, in parses of the same text.

    python benchmarks/editor.py [FILE] [--keystrokes N] [--json FILE]

Starts ``convlint server``, opens a text (an ordinary program of 1,000 lines where no file is given), types characters
into it one after the other and waits for the findings of each version. Between keystrokes the same text is parsed with
``libcst.parse_module`` in this process, so that both share whatever else the machine is doing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from pathlib import Path

import libcst
from lsprotocol import types
from pygls.lsp.client import LanguageClient

ROOT = Path(__file__).resolve().parents[1]


def ordinary_program(lines: int = 1000) -> str:
    """Functions around models, as programs have them: data, a model, a loop of training, reports."""
    out = ["import json", "import os", "", "import numpy as np", "import keras", "from keras import layers", ""]
    number = 0
    while len(out) < lines - 40:
        number += 1
        out += f'''

def load_{number}(folder, size=(64, 64)):
    """Read what was measured, and cut it into samples."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(".npy"))
    samples, labels = [], []
    for name in names:
        path = os.path.join(folder, name)
        values = np.load(path)
        if values.shape[0] < size[0]:
            print(f"{{name}} is too short: {{values.shape}}")
            continue
        samples.append(values[: size[0], : size[1]])
        labels.append(int(name.split("_")[1]))
    return np.stack(samples), np.array(labels)


def build_{number}(classes=10, width=16):
    inputs = keras.Input((64, 64, 3))
    x = layers.Rescaling(1.0 / 255)(inputs)
    for factor in (1, 2, 4):
        x = layers.Conv2D(width * factor, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(classes, activation="softmax")(x)
    model = keras.Model(inputs, outputs, name="model_{number}")
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def report_{number}(history, target):
    """Write what happened where others can read it."""
    best = max(history.history["val_accuracy"])
    rows = [(epoch, loss) for epoch, loss in enumerate(history.history["loss"], start=1)]
    with open(target, "w", encoding="utf-8") as file:
        json.dump({{"best": float(best), "rows": rows}}, file, indent=2)
    for epoch, loss in rows:
        print(f"{{epoch:4d}}  {{loss:.4f}}")
    return best
'''.splitlines()
    return "\n".join(out) + "\n"


async def measure(text: str, keystrokes: int) -> dict[str, object]:
    """Type into the text and wait; returns medians in seconds."""
    client = LanguageClient("benchmark", "1")
    uri = "file:///benchmark/model.py"
    pushed: asyncio.Queue[int | None] = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams) -> None:
        pushed.put_nowait(params.version)

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    await client.start_io(sys.executable, "-m", "convlint", "server", env=environment)
    await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
    client.initialized(types.InitializedParams())
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text)))
    while await pushed.get() != 1:
        pass
    await asyncio.sleep(1)  # what else is known of the first text has been told by now
    lines = text.split("\n")
    line = next(index for index, one in enumerate(lines) if one.strip().startswith("x ="))
    place = types.Position(line, len(lines[line]))
    waits: list[float] = []
    parses: list[float] = []
    for version in range(2, keystrokes + 2):
        before = time.perf_counter()
        libcst.parse_module(text)
        parses.append(time.perf_counter() - before)
        which = types.VersionedTextDocumentIdentifier(version, uri)
        change = types.TextDocumentContentChangePartial(types.Range(place, place), " ")
        start = time.perf_counter()
        client.text_document_did_change(types.DidChangeTextDocumentParams(which, [change]))
        while await pushed.get() != version:
            pass
        waits.append(time.perf_counter() - start)
        await asyncio.sleep(0.6)
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    parse, wait = statistics.median(parses), statistics.median(waits)
    return {
        "lines": text.count("\n"), "bytes": len(text.encode()), "keystrokes": keystrokes, "parse": round(parse, 4),
        "keystroke_to_findings": round(wait, 4), "fastest": round(min(waits), 4), "ratio": round(wait / parse, 2),
        "fastest_ratio": round(min(waits) / min(parses), 2),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--keystrokes", type=int, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    text = options.file.read_text(encoding="utf-8") if options.file else ordinary_program()
    found = asyncio.run(measure(text, options.keystrokes))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    print(
        f"{found['lines']} lines, {found['bytes']} bytes: one parse {found['parse']} s, keystroke to findings "
        f"{found['keystroke_to_findings']} s, ratio {found['ratio']} (fastest: {found['fastest_ratio']})"
    )


if __name__ == "__main__":
    main()
