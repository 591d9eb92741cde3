"""The form on which people choose their server, as several spawners have it."""

from tests.matrix.case import browser_case

_PLAIN = """
c.Spawner.options_form = \"\"\"
<label>Size
<select name="size"><option value="small">Small</option><option value="large">Large</option></select>
</label>
<label><input type="checkbox" name="gpu" value="yes"> With a GPU</label>
<label>Project <input type="text" name="project"></label>
\"\"\"


def must_be_chosen(spawner):
    if spawner.user_options.get("size") not in ("large", ["large"]):
        raise ValueError(f"not what was chosen: {spawner.user_options}")


c.Spawner.pre_spawn_hook = must_be_chosen
"""

# KubeSpawner's form, by its own code; what it starts are processes of this machine.
_KUBESPAWNER = """
from jupyterhub.spawner import SimpleLocalProcessSpawner
from kubespawner import KubeSpawner
from traitlets import default

PROFILES = [
    {"display_name": "Small", "slug": "small", "default": True},
    {"display_name": "Large", "slug": "large", "profile_options": {
        "image": {
            "display_name": "Image",
            "unlisted_choice": {"enabled": True, "display_name": "Other image", "kubespawner_override": {}},
            "choices": {"base": {"display_name": "Base"}, "scipy": {"display_name": "SciPy"}},
        },
    }},
]


class FormOfKubeSpawner(SimpleLocalProcessSpawner):
    profile_form_template = ""
    additional_profile_form_template_paths = []
    _get_initialized_profile_list = KubeSpawner._get_initialized_profile_list
    _validate_user_options = KubeSpawner._validate_user_options
    _get_profile = KubeSpawner._get_profile

    @default("options_form")
    def _options_form_default(self):
        return lambda spawner: KubeSpawner._render_options_form(spawner, PROFILES)

    @default("options_from_form")
    def _options_from_form_default(self):
        return lambda fields: KubeSpawner._options_from_form(self, fields)

    async def start(self):
        if (self.user_options.get("profile"), self.user_options.get("image")) != ("large", "scipy"):
            raise ValueError(f"not what was chosen: {self.user_options}")
        return await super().start()


c.JupyterHub.spawner_class = FormOfKubeSpawner
"""

_FANCY_PROFILES = f"""{_KUBESPAWNER}
import jupyterhub_fancy_profiles

FormOfKubeSpawner.additional_profile_form_template_paths = jupyterhub_fancy_profiles.TEMPLATE_PATHS
jupyterhub_fancy_profiles.setup_ui(c)
"""

_WRAPSPAWNER = """
from jupyterhub.spawner import SimpleLocalProcessSpawner

c.JupyterHub.spawner_class = "wrapspawner.ProfilesSpawner"
c.ProfilesSpawner.profiles = [
    ("Lab", "lab", SimpleLocalProcessSpawner, {"default_url": "/lab"}),
    ("A longer name", "lab-large", SimpleLocalProcessSpawner, {"default_url": "/lab", "mem_limit": "2G"}),
]
c.Spawner.ip = "127.0.0.1"
"""

_PROFILE = {"profile": "large", "image": "scipy"}

CASES = (
    browser_case("a form of one's own", config=_PLAIN, user_options={"size": "large", "project": "astro"}),
    browser_case(
        "KubeSpawner's form", hub_packages=("jupyterhub-kubespawner",), config=_KUBESPAWNER, user_options=_PROFILE
    ),
    browser_case(
        "fancy profiles",
        hub_packages=("jupyterhub-kubespawner", "jupyterhub-fancy-profiles"),
        config=_FANCY_PROFILES,
        user_options=_PROFILE,
    ),
    browser_case(
        "wrapspawner's profiles",
        hub_packages=("wrapspawner",),
        config=_WRAPSPAWNER,
        user_options={"profile": "lab-large"},
    ),
)
