"""Hubs with the spawn forms that hubs really have. What they start are stubs, and the forms are not.

The first part of a name says which form a person gets, so that one hub has them all: `sliders-ann`.
"""

FANCY_PROFILES = """
import importlib

import jupyterhub_fancy_profiles
from kubespawner import KubeSpawner
from traitlets import default

from hubusers.local.spawners import StubSpawner

jupyterhub_fancy_profiles.setup_ui(c)

IMAGE = {
    "display_name": "Image",
    "unlisted_choice": {
        "enabled": True, "display_name": "Custom image", "display_name_in_choices": "Specify an existing image",
        "validation_regex": "^.+:.+$", "validation_message": "a name and a tag",
    },
    "choices": {"base": {"display_name": "Base"}, "scipy": {"display_name": "SciPy", "default": True}},
}
PROFILES = [
    {"display_name": "Small", "slug": "small", "profile_options": {
        "image": IMAGE | {"dynamic_image_building": {"enabled": True}},
        "memory": {"display_name": "Memory", "choices": {"1": {"display_name": "1 GB"}, "2": {"display_name": "2 GB"}}},
    }},
    {"display_name": "Large", "default": True, "profile_options": {
        "image": {"display_name": "Image", "choices": {"cuda": {"display_name": "CUDA"}}}}},
    {"display_name": "Own", "profile_options": {"image": IMAGE | {"choices": {}}}},
]


class FancySpawner(StubSpawner):
    profile_form_template = ""
    additional_profile_form_template_paths = jupyterhub_fancy_profiles.TEMPLATE_PATHS
    _get_initialized_profile_list = KubeSpawner._get_initialized_profile_list

    @default("options_form")
    def _options_form_default(self):
        profiles = PROFILES[:1] if self.user.name.startswith("one") else PROFILES
        return lambda spawner: KubeSpawner._render_options_form(spawner, profiles)

    # What arrives is kept as it is, other than KubeSpawner does.


c.JupyterHub.spawner_class = FancySpawner
"""
"""The form of jupyterhub-fancy-profiles, rendered by KubeSpawner and made by its own script."""

PLAIN_FORMS = '''
from types import SimpleNamespace

from tornado import web
from traitlets import default
from wrapspawner import ProfilesSpawner

from hubusers.local.spawners import StubSpawner

FORMS = {
    "boxes": """
        <input type="checkbox" name="lab" checked> <input type="checkbox" name="gpu" value="yes">
        <input type="checkbox" name="parts" value="a" checked> <input type="checkbox" name="parts" value="b">
        <input type="checkbox" name="parts" value="c" checked>""",
    "radios": """
        <input type="radio" name="nodes" value="1" checked> <input type="radio" name="nodes" value="1">
        <input type="radio" name="nodes" value="2"> <input type="radio" name="none" value="x">""",
    "selects": """
        <select name="first"><option disabled>no</option><option>one  two</option><option value="">2</option></select>
        <select name="several" multiple><option selected>a<option>b<option selected>c</select>
        <select name="listed" size="3"><option>a</option><option>b</option></select>
        <select name="grouped"><optgroup disabled><option>no</option></optgroup><option>yes</option></select>""",
    "texts": """
        <textarea name="env">\nA=1\nB=2</textarea>
        <input name="image" list="images" value="base"><datalist id="images"><option>base</option></datalist>
        <input name="off" value="x" disabled> <fieldset disabled><input name="off-too" value="x"></fieldset>
        <input name="fixed" value="y" readonly> <input value="without a name"> <input type="hidden" name="h" value="z">
        <input type="range" name="memory" min="1" max="8"> <input type="color" name="colour">
        <input type="number" name="cores" value="2" min="1" max="4"> <input type="reset" name="r" value="r">""",
    "files": """<input type="file" name="requirements"> <input name="note">""",
    "buttons": """
        <button name="action" value="small">Small</button> <button name="action" value="large">Large</button>
        <button type="button" name="help">?</button> <input name="hours" value="1">""",
    "required": """
        <select name="project" required><option value="">choose</option><option>physics</option></select>
        <input name="runtime" value="1:00:00" pattern="[0-9]+:[0-5][0-9]:[0-5][0-9]" title="hh:mm:ss">
        <input type="number" name="cores" value="1" min="1" max="4">""",
    "template": """<input name="image" value="any">""",
    "refused": """<input name="image" value="any">""",
    "forbidden": """<input name="image" value="any">""",
    "scripted": """
        <div id="place"></div>
        <script>document.getElementById("place").innerHTML = "<input name='added' value='1'>"</script>""",
    # Of a page that is not quite right, as many are: a select ends after its cell.
    "tables": """
        <table><tr><td><select name="cores"><option value="1">1</option><option value="6">6</option></td></select>
        <td><select name="gpus"><option value="0">0</option><option value="1">1</option></select></td></tr></table>""",
}


TEXTS = ("form_template", "first_template", "input_template")


async def form_of(spawner):
    kind = spawner.user.name.partition("-")[0]
    if kind == "wrapped":
        texts = {name: getattr(ProfilesSpawner, name).default_value for name in TEXTS}
        profiles = [("Local", "local", StubSpawner, {}), ("Big", "big", StubSpawner, {})]
        return ProfilesSpawner._options_form_default(SimpleNamespace(profiles=profiles, **texts))
    if kind == "images":
        # DockerSpawner shows its list of options as Python does.
        options = [f'<option value="{image}" >{image}</option>' for image in ("base:1", "scipy:2")]
        return f"""<select class="form-control" name="image" required autofocus>
        {options}
        </select>"""
    return FORMS.get(kind, "")


class FormSpawner(StubSpawner):
    def options_from_form(self, fields):
        if "refused" in self.user.name:
            raise ValueError("No such image: any")
        if self.user.name.startswith("forbidden"):
            raise web.HTTPError(400, "Your group has no image left")
        return {
            name: [one if isinstance(one, str) else [one.filename, one.body.decode()] for one in values]
            for name, values in fields.items()
        }


# A page of one's own, as of SWAN at CERN, without what JupyterHub calls its form and its message.
TEMPLATE = """
{% extends "templates/spawn.html" %}
{% block main %}
{% if not for_user.name.startswith("template") %}{{ super() }}{% else %}
<form action="{{ url }}" method="post">
  {% if error_message %}<div class="alert alert-danger">{{ error_message }}</div>{% endif %}
  {{ spawner_options_form | safe }} <input type="submit" name="start" value="go">
</form>
{% endif %}
{% endblock %}
"""
(folder / "templates").mkdir()
(folder / "templates" / "spawn.html").write_text(TEMPLATE)

c.JupyterHub.template_paths = [str(folder / "templates")]
c.JupyterHub.spawner_class = FormSpawner
c.Spawner.options_form = form_of
'''
"""Forms of all kinds of fields; wrapspawner's; one like DockerSpawner's; and what comes where they are refused."""
