"""Django OAuth Toolkit, with the login form of Django's admin pages and a page for consent.

Arguments: the port, and the address at the hub to which it sends people back; on the standard input, names and
passwords as JSON. It keeps its database in the present folder.
"""

# mypy: ignore-errors

import json
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpRequest, JsonResponse
from django.urls import include, path

port, callback = sys.argv[1:]
settings.configure(
    SECRET_KEY="a key of the test's",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "django.contrib.staticfiles",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "django.sqlite"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    STATIC_URL="/static/",
    LOGIN_URL="/accounts/login/",
    OAUTH2_PROVIDER={"SCOPES": {"name": "Your name"}, "PKCE_REQUIRED": False},
)
django.setup()

from django.contrib import admin  # noqa: E402  # known only once Django is set up
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from oauth2_provider.decorators import protected_resource  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402


@protected_resource(scopes=["name"])
def who(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"name": request.resource_owner.username})


urlpatterns = [
    path("admin/", admin.site.urls),  # of which the login page has links
    path("accounts/login/", LoginView.as_view(template_name="admin/login.html")),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("who", who),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    for name, password in json.load(sys.stdin).items():
        User.objects.create_user(name, password=password)
    Application.objects.create(
        client_id="hub",
        client_secret="hub-secret",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=callback,
        name="hub",
    )
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False)
