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
