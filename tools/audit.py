"""Are there known vulnerabilities in what convlint needs at run time?

    python tools/audit.py

Asks ``pip-audit`` (``pip install pip-audit``) about the installed versions of the runtime dependencies and of what they
need. Ends with 1 where one of them is vulnerable; where ``pip-audit`` is not installed or its service can't be reached
nothing is known, which is said and is no failure.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement


def needed(name: str = "convlint") -> dict[str, str]:
    """Installed versions of everything that a package needs, extras left out."""
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        package = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if package in found:
            continue
        try:
            installed = distribution(package)
        except PackageNotFoundError:
            continue
        found[package] = installed.version
        for text in installed.requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return {package: version for package, version in sorted(found.items()) if package != name}


def main() -> int:
    """Ask. Returns the exit code."""
    if importlib.util.find_spec("pip_audit") is None:
        print("not audited: pip-audit is not installed")
        return 0
    packages = needed()
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "pinned.txt"
        pinned.write_text("".join(f"{name}=={version}\n" for name, version in packages.items()), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(pinned), "--no-deps", "--disable-pip",
                   "--format", "json", "--progress-spinner", "off", "--timeout", "15"]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
            answer = json.loads(done.stdout)
        except (ValueError, subprocess.TimeoutExpired):
            print("not audited: the service can't be reached")
            return 0
    vulnerable = [one for one in answer["dependencies"] if one.get("vulns")]
    for one in vulnerable:
        known = ", ".join(f"{vuln['id']} (fixed in {vuln['fix_versions'] or 'no version'})" for vuln in one["vulns"])
        print(f"{one['name']} {one['version']}: {known}")
    print(f"{len(packages)} packages audited, {len(vulnerable)} vulnerable")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
