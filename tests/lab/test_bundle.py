"""Which files JupyterLab loads, read from the bundle of the one that is installed, and from bundles that are odd."""

import random
from collections.abc import Iterable
from functools import partial

import pytest

from hubusers.lab.bundle import (
    EXTENSION_NOT_UNDERSTOOD,
    INCOMPLETE,
    NOT_UNDERSTOOD,
    NOTEBOOK_NOT_UNDERSTOOD,
    STATIC,
    Extension,
    Files,
)
from hubusers.lab.bundle_runtime import Runtime, chunks_loaded_at, compact, exposed_chunks, first_chunks
from tests.lab.installed_lab import MAIN, bytes_of, contents_of, file_of

# Which files the installed JupyterLab loads


def test_loads_at_start_what_chromium_loads(installed: Files) -> None:
    """Recorded with JupyterLab 4.6: 39 chunks with 4.67 MB of JupyterLab's own, and two while it shows itself."""
    assert not installed.problem
    chunks = installed.at_start[2]
    assert len(chunks) == pytest.approx(38, abs=3)
    assert bytes_of(chunks) == pytest.approx(4_653_000, rel=0.05)
    assert len(installed.while_starting) == 2
    assert any(path.startswith(f"{STATIC}/jlab_core.") for path in chunks)


def test_loads_with_a_notebook_what_chromium_loads(installed: Files) -> None:
    """Recorded with JupyterLab 4.6: 25 chunks with 1.17 MB: Python's syntax, Markdown, formulas."""
    new = installed.when_opened
    assert len(new) == pytest.approx(25, abs=2)
    assert bytes_of(new) == pytest.approx(1_169_000, rel=0.05)
    for word in ("MathJax", "pythonLanguage", "gfmHeadingId"):
        assert word in contents_of(new)


def test_loads_each_file_once_and_only_files_that_exist(installed: Files) -> None:
    for paths in (*installed.at_start, installed.while_starting, installed.when_opened):
        assert len(paths) == len(set(paths))
        assert all(file_of(path).exists() for path in paths)


# Bundles in other forms, as minifiers write them

RSPACK = (
    'a("federated_extensions");await Promise.all([t.e(7),t.e(20)]).then(t.bind(t,1));'
    'R.u=e=>""+(7===e?"core":e)+"."+({7:"aa",8:"bb",9:"dd",21:"cc"})[e]+".js?v="+({7:"aa",8:"bb",9:"dd",21:"cc"})[e];'
    "R.f.j=function(r,t){if(0!==n)if(n)t.push(n[2]);else if(/^2(0|1)$/.test(r))e[r]=0;else{}};"
    'default:[{name:"react",version:"18.2.0",factory:()=>Promise.all([R.e(8)]).then(()=>()=>R(3)),eager:0},'
    '{name:"react",version:"17.0.0",factory:()=>R.e(9).then(()=>()=>R(3)),eager:0}]'
    'R.consumesLoadingData={chunkMapping:{20:["31"],8:["32"]},moduleIdToConsumeDataMapping:{'
    '31:{shareScope:"default",shareKey:"react",import:"react",requiredVersion:"^18.1.0",fallback:()=>R.e(9)},'
    '32:{shareScope:"default",shareKey:"alone",requiredVersion:"*",fallback:()=>R.e(7)}},initialConsumes:[]};R.e(99)'
)
WEBPACK = (
    'l("federated_extensions");let c=(await Promise.all([t.e(7),t.e(20)]).then(t.bind(t,1))).main;'
    't.u=e=>""+({7:"core"}[e]||e)+"."+{7:"aa",8:"bb",9:"dd",20:"cc"}[e]+".js?v="+{7:"aa",8:"bb",9:"dd",20:"cc"}[e]+"";'
    "t.f.j=(a,d)=>{var l=1;if(l!==0){if(l){d.push(l[2])}else{if(20!=a){var r=1}else e[a]=0}}};"
    'b("react","18.2.0",(()=>Promise.all([t.e(8)]).then((()=>()=>t(3)))));b("react","17.0.0",(()=>t.e(9).then(1)))'
    'var U={31:()=>E("default","react",[1,18,1,0],(()=>t.e(9).then((()=>()=>t(3))))),'
    '32:()=>_("default","alone",[0],(()=>t.e(7).then((()=>()=>t(3)))))};'
    "var I={20:[31],8:[32]};t.f.consumes=(e,a)=>{};t.e(99)"
)

NOT_MINIFIED = """
/******/ (() => { // webpackBootstrap: it's here that "quotes do not end
/***/ 31:
Promise.all(/* import() */[__webpack_require__.e(7), __webpack_require__.e(20)]).then(__webpack_require__.bind(1));
/******/ 		__webpack_require__.u = (chunkId) => {
/******/ 			// return url for filenames based on template
/******/ 			return "" + (chunkId === 7 ? "core" : chunkId) + "." + {"7":"aa","8":"bb","9":"dd"}[chunkId] + ".js?v=" + {"7":"aa",
/******/ 			"8":"bb","9":"dd"}[chunkId] + "";
/******/ 		};
/******/ 	__webpack_require__.f.j = (chunkId, promises) => {
/******/ 				if(installedChunkData !== 0) { // 0 means "already installed".
/******/ 						if(!/^(20|1234)$/.test(chunkId)) {
/******/ 	register("react", "18.2.0", () => (Promise.all([__webpack_require__.e(8)]).then(() => (() => (3)))));
/******/ 	register("react", "17.0.0", () => (__webpack_require__.e(9).then(() => (() => (3)))));
/******/ 	var moduleToHandlerMapping = {
/******/ 		31: () => (load("default", "react", [1,18,1,0], () => (__webpack_require__.e(9).then(() => (() => (3)))))),
/******/ 		32: () => (load("default", "alone", [0], () => (__webpack_require__.e(7).then(() => (() => (3))))))
/******/ 	};
/******/ 	var chunkMapping = {
/******/ 		"20": [
/******/ 			31
/******/ 		],
/******/ 		"8": [
/******/ 			32
/******/ 		]
/******/ 	};
"""  # noqa: E501  # as in Notebook 7.4, whose first script asks for the chunks before anything else


@pytest.mark.parametrize("script", [RSPACK, WEBPACK, compact(NOT_MINIFIED)], ids=["rspack", "webpack", "not minified"])
def test_reads_what_a_runtime_says(script: str) -> None:
    runtime = Runtime.read(script)
    assert runtime
    assert first_chunks(script) == ["7", "20"]
    assert runtime.chunks(["20"]) == ["20", "8", "7"]  # the react of the version that is required, not the other
    assert runtime.chunks(["20"], elsewhere=["react"]) == ["20"]
    assert runtime.files(["7", "8", "20", "1234"]) == ["core.aa.js?v=aa", "8.bb.js?v=bb"]


@pytest.mark.parametrize(
    "script",
    [
        RSPACK,
        WEBPACK,
        WEBPACK.replace("31:", "3e4:").replace("[31]", "[3e4]"),
        WEBPACK.replace('"react",[', '"react",false,[').replace('"alone",', '"alone",!0,'),
    ],
    ids=["rspack", "webpack", "shortened numbers", "eager or not"],
)
def test_finds_the_files_in_any_form(script: str) -> None:
    files = Files.read("main", [], partial(texts_or, "-", {"main": script}))
    assert files.at_start[2] == ("{static}/core.aa.js?v=aa", "{static}/8.bb.js?v=bb")


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ('R.u=e=>""+e+".aa.js?v=aa",R.f.j=function(e,n){var r=1;if(0!==r)if(r)n.push(r[2]);else{}}', ["0.aa.js?v=aa"]),
        ('a.u=e=>e+"."+{0:"aa",5:"bb"}[e]+".js?v="+{0:"aa",5:"bb"}[e],a.g=1', ["0.aa.js?v=aa", "5.bb.js?v=bb"]),
        ('t.u=(e)=>(0===e?"x":5===e?"y":e)+".js"', ["x.js", "y.js"]),
        ('t.u=(e)=>(e===0?"x":e)+".js";t.f.j=(a,d)=>{if("5"!=a){}}', ["x.js"]),
    ],
)
def test_reads_the_names_of_files(script: str, files: list[str]) -> None:
    runtime = Runtime.read(script)
    assert runtime
    assert runtime.files(["0", "5"])[: len(files)] == files


def test_finds_what_code_loads_around_a_word() -> None:
    text = (
        "x={a(){t.e(1)},load:async()=>{let{WORD:w}=await Promise.all([t.e(2),t.e(3).then(t.bind(t,4))])}};{WORD:t.e(5)}"
    )
    assert chunks_loaded_at("WORD", text) == ["2", "3", "5"]
    assert chunks_loaded_at("WORD", "}}}WORD{{{") == []


def test_finds_the_files_where_a_chunk_loads_the_extensions() -> None:
    """Then they come after the chunks."""
    extension = Extension("x", "entry.js", ("./extension",))
    texts = {"main": NOT_MINIFIED, "{extensions}/x/entry.js": ENTRY}
    files = Files.read("main", [extension], partial(texts_or, "-", texts))
    assert files.at_start[1] == ("{static}/core.aa.js?v=aa", "{static}/9.dd.js?v=dd", "{static}/8.bb.js?v=bb")
    assert files.at_start[2] == ("{extensions}/x/entry.js",)


def test_takes_out_comments_and_spaces_but_nothing_of_strings() -> None:
    script = """/******/ let a = "b // c" + 'd /* e' ; /* " */ return  x // it's
        .e(/* import() */ 5) """
    assert compact(script) == """let a="b // c"+'d /* e';return x.e(5)"""
    assert compact("let a = 1") == "let a = 1"  # nothing says that it is not minified


def test_finds_what_code_loads_where_it_is_not_minified() -> None:
    text = """{ name: 'JSON', async load() { const m = await __webpack_require__.e(/* import() */ 4670).then(a); } }"""
    assert chunks_loaded_at("'JSON'", text) == ["4670"]


# Extensions with a bundle of their own

ENTRY = (
    'var t={"./index":()=>r.e(0).then(()=>()=>r(2)),"./extension":()=>Promise.all([r.e(1),r.e(2)]).then(()=>()=>r(2))};'
    'r.u=e=>""+e+".aa.js?v=aa";var I={2:[31,32]};'
    'var U={31:()=>E("default","react",[1,17,0,0],(()=>r.e(3))),32:()=>E("default","own",[0],(()=>r.e(4)))};'
)


def test_loads_the_chunks_of_an_extension_and_takes_from_jupyterlab_what_that_offers() -> None:
    texts = {
        "{static}/main.js": RSPACK,
        "{extensions}/@my/ext/static/remoteEntry.js": ENTRY,
    }
    extension = Extension("@my/ext", "static/remoteEntry.js", ("./extension",))
    files = Files.read("{static}/main.js", [extension], partial(texts_or, "-", texts))
    folder = "{extensions}/@my/ext/static"
    assert files.at_start[1] == (f"{folder}/remoteEntry.js",)
    assert files.at_start[3] == (f"{folder}/1.aa.js?v=aa", f"{folder}/2.aa.js?v=aa", f"{folder}/4.aa.js?v=aa")
    assert "{static}/9.dd.js?v=dd" in files.at_start[2]  # the react that the bundle offers last


def test_names_the_chunks_that_an_extension_exposes() -> None:
    assert exposed_chunks(ENTRY, ["./extension", "./style"]) == ["1", "2"]


# What cannot be read


@pytest.mark.parametrize(
    ("main", "extension", "problem"),
    [
        ("", "", INCOMPLETE),
        ("<html>not found</html>", "", NOT_UNDERSTOOD),
        ('a.u=e=>{switch(e){}};"federated_extensions";t.e(1)', "", NOT_UNDERSTOOD),
        ('a.u=e=>e+".js"', "", NOT_UNDERSTOOD),
        (RSPACK.replace('20:["31"]', '22:["31"]'), "", NOT_UNDERSTOOD),  # then 20 is nothing
        (RSPACK, "", INCOMPLETE),
        (RSPACK, "garbled", EXTENSION_NOT_UNDERSTOOD),
        (RSPACK, ENTRY, NOTEBOOK_NOT_UNDERSTOOD),
    ],
)
def test_says_what_is_not_understood_and_loads_the_files_that_the_page_names(
    main: str, extension: str, problem: str
) -> None:
    texts = {"main": main, "{extensions}/x/entry.js": extension}
    files = Files.read("main", [Extension("x", "entry.js", ("./extension",))], partial(texts_or, "-", texts))
    assert files.problem == problem
    assert files.at_start[:2] == (("main",), ("{extensions}/x/entry.js",))


def test_reads_whatever_is_left_of_a_garbled_bundle() -> None:
    script, rng = MAIN.read_text(), random.Random(6)
    for _ in range(6):
        begin, end = sorted(rng.randrange(len(script)) for _ in range(2))
        for garbled in (script[:end], script[begin:], script[:begin] + script[end:]):
            files = Files.read("main", [], partial(texts_or, "-", {"main": garbled}))
            assert files.at_start[0] == ("main",)


def test_takes_no_longer_for_what_only_resembles_a_bundle() -> None:
    for part in ("{1:[", "{1:[2],", "9", "Promise.all([t.e(1),", "a", '"', "{1:()=>E(", ".u=e=>"):
        text = 'a.u=e=>e+".js";"federated_extensions";t.e(1);' + part * (20_000 // len(part))
        Files.read("main", [], partial(texts_or, text, {"main": text}))


def texts_or(other: str, texts: dict[str, str], paths: Iterable[str]) -> list[str]:
    return [texts.get(path, other) for path in paths]
