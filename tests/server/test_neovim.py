"""A session in Neovim, with its own client."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="the extra `server` is not installed")

ROOT = Path(__file__).parents[2]
SETUP = """
vim.api.nvim_create_autocmd("FileType", { pattern = "python", callback = function()
  local id = vim.lsp.start_client({ name = "convlint", cmd = COMMAND, root_dir = vim.fn.getcwd() })
  vim.lsp.buf_attach_client(0, id)
end })
"""
SESSION = """
vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 50)
local out = {}
for _, one in ipairs(vim.diagnostic.get(0)) do
  table.insert(out, one.source .. " " .. one.lnum .. ":" .. one.col .. " " .. vim.split(one.message, "\\n")[1])
end
local place = { textDocument = { uri = vim.uri_from_bufnr(0) }, position = { line = 1, character = 0 } }
for _, answer in pairs(vim.lsp.buf_request_sync(0, "textDocument/hover", place, 60000)) do
  table.insert(out, vim.split(answer.result.contents.value, "\\n")[1])
end
vim.fn.writefile(out, "out.txt")
vim.cmd("qa!")
"""


@pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim is not installed")
def test_findings_and_hover_in_neovim(tmp_path):
    command = "{" + ", ".join(f'"{word}"' for word in (sys.executable, "-m", "convlint", "server")) + "}"
    (tmp_path / "init.lua").write_text(SETUP.replace("COMMAND", command))
    (tmp_path / "session.lua").write_text(SESSION)
    (tmp_path / "model.py").write_text(
        "import keras\nx = keras.layers.Conv2D(8, 3, stride=2)(keras.Input((28, 28, 1)))\n"
    )
    words = ["nvim", "--headless", "-u", "init.lua", "-c", "filetype on", "model.py", "-c", "luafile session.lua"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, check=True, timeout=180)
    finding, hover = (tmp_path / "out.txt").read_text(encoding="utf-8").splitlines()
    assert finding.startswith("convlint 1:4 `stride`")
    assert hover == "`(None, 13, 13, 8)` · float32 · channels_last · symbolic"
