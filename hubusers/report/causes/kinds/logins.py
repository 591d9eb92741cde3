"""What is known of each thing that keeps people from logging in, or lets them wait there."""

from hubusers.report.causes.kind import Kind

KINDS = (
    Kind(
        name="login-refused",
        title="The hub refused logins",
        section="Why something failed",
        mechanism=(
            "The hub answered the login with a refusal. Since version 5 it lets nobody in unless its configuration "
            "says whom, and then its page says *Invalid username or password* all the same. Starts by the API work "
            "anyway."
        ),
        confirm=(
            "Look in the hub's log for `Failed login` and `not allowed`: `kubectl -n jhub logs deploy/hub | grep -i -e "
            "'failed login' -e 'not allowed'`.",
            "Log in with a browser by one of the accounts.",
        ),
        remedies=(
            "If everybody was refused: set `c.Authenticator.allow_all = True`, or name people or groups in "
            "`c.Authenticator.allowed_users` or the authenticator's own `allowed_…` options.",
            "If some were refused: look at these names and passwords in the file for `--accounts`.",
            "After *XSRF cookie does not match*: the ingress or web server before the hub must pass on the same "
            "`X-Forwarded-For`, `X-Forwarded-Proto` and `Host` for each request of a person.",
        ),
    ),
    Kind(
        name="login-broken",
        title="Logins failed",
        section="Why something failed",
        mechanism=(
            "The hub could not answer the login, or answered it with an error. The authenticator, or the identity "
            "provider behind it, does not work, or the hub cannot write to its database."
        ),
        confirm=(
            "Look in the hub's log for the request and its traceback: `kubectl -n jhub logs deploy/hub | grep -A30 -e "
            "'POST /hub/login' -e Traceback`.",
        ),
        remedies=(
            "Look at the authenticator: `c.JupyterHub.authenticator_class`, its addresses and secrets, and whether "
            "they have expired.",
            "Look at `c.Authenticator.post_auth_hook` and other code of your own.",
            "Look whether the identity provider limits how many logins may come in a minute.",
        ),
    ),
    Kind(
        name="launch-refused",
        title="The hub refused LTI launches",
        section="Why something failed",
        mechanism=(
            "People came as from a course in Moodle or Canvas, and the hub did not take the launch. Its configuration "
            "and the LTI file of the run do not have the same secret, key or names; the clocks differ; or the hub sees "
            "another address than people do, as behind a proxy that ends TLS."
        ),
        confirm=(
            "Look in the hub's log for the launch: `kubectl -n jhub logs deploy/hub | grep -i -B5 -A5 -e "
            "'/lti/launch' -e '/lti13/'`.",
            "Ask with the run's own file: `hubusers check --lti FILE`.",
        ),
        remedies=(
            "Follow what the example above says in brackets: each refusal of the hub has a reason of its own.",
            "Give the hub the lines that `hubusers lti FILE` prints for this file, and restart it.",
        ),
    ),
    Kind(
        name="provider-refused",
        title="The identity provider refused logins",
        section="Why something failed",
        mechanism=(
            "The provider showed its login form again, or said that a person may not come in: the name or the password "
            "is wrong, or the account is locked, as after too many tries or too many logins in a minute."
        ),
        confirm=("Log in with a browser by one of the accounts.", "Ask the provider's operators what its log says."),
        remedies=(
            "Look at these names and passwords in the file for `--accounts`: the provider may want an e-mail address "
            "where the hub has a name.",
            "Ask the provider's operators for accounts that are for tests, and whether they limit logins.",
        ),
    ),
    Kind(
        name="provider-failed",
        title="The identity provider failed",
        section="Why something failed",
        mechanism=(
            "The provider did not answer in time, could not be reached, or answered with an error: it is overloaded or "
            "down, limits logins, or does not know the hub. The hub itself was not what failed."
        ),
        confirm=(
            "Open the hub in a browser that is not logged in, and log in by one of the accounts.",
            "Ask the provider's operators what its log says of these minutes.",
        ),
        remedies=(
            "Let the provider's operators know how many people will log in, and when.",
            "To test the hub alone, give people tokens: a column `token` in the file for `--accounts`, or no accounts.",
        ),
    ),
    Kind(
        name="provider-slow",
        title="The identity provider was slow",
        section="Why a login, a notebook or a kernel took long",
        mechanism=(
            "Most of the time of slow logins was at the provider's pages: its login form, the check of the password, "
            "a page for consent. What the hub asks the provider itself comes in addition, in the hub's next answer."
        ),
        confirm=(
            "Look at `parts` of the logins in steps.csv.",
            "Ask the provider's operators how long their answers took in these minutes.",
        ),
        remedies=(
            "Let the provider's operators know how many people will log in, and when.",
            "Let people log in before the event: who is still logged in at the provider need not type a password.",
        ),
    ),
    Kind(
        name="login-elsewhere",
        title="The hub leaves logins to another service",
        section="Why something failed",
        mechanism=(
            "The hub's login page has no form for a password; it leads to another service, such as a university's "
            "login. Passwords go there only if its host was named with `--identity-provider`, and such a service must "
            "not be load tested without its owners."
        ),
        confirm=("Open the hub in a browser that is not logged in, and look at the address where that ends.",),
        remedies=(
            "Name the provider's host with `--identity-provider`, if its operators agree and its login is a form.",
            "Give these people tokens: a column `token` in the file for `--accounts`, or no accounts, so that the run "
            "makes its own.",
            "For a rehearsal with passwords, let a copy of the hub use `c.JupyterHub.authenticator_class = 'dummy'`.",
        ),
    ),
    Kind(
        name="login-asks-more",
        title="The login asks for more than a password",
        section="Why something failed",
        mechanism=(
            "The login form, or a page after it, of the hub or of an identity provider, has more to fill in that "
            "cannot be left empty, such as a one-time password or a new password; or it asks for a security key, to "
            "accept terms, or whether one is a robot. Only the owner of an account can do that."
        ),
        confirm=("Open the hub in a browser that is not logged in, and log in by one of the accounts.",),
        remedies=(
            "Give these people tokens: a column `token` in the file for `--accounts`, or no accounts, so that the run "
            "makes its own.",
            "Log in by each account once and set its new password, if that is what the hub asks for.",
        ),
    ),
    Kind(
        name="login-other-name",
        title="The hub has other names for people",
        section="Why something failed",
        mechanism=(
            "The hub let people in under names that are not those that were typed: most authenticators lower-case "
            "names, `c.Authenticator.username_map` replaces them, several authenticators on one hub put something "
            "before them, and some hubs give everybody a new name. Such a person's server is not the one that the "
            "run asks for, so the run stops what the login has started, and goes no further."
        ),
        confirm=("Log in with a browser by one of the accounts, and look at the name at the top of the page.",),
        remedies=(
            "Write the names in the file for `--accounts` as the hub does, which are those on its admin page.",
            "Where people cannot log in by the names that the hub gives them: give them tokens, in a column `token`, "
            "or leave out accounts and password, so that the run makes both.",
        ),
    ),
    Kind(
        name="login-slow",
        title="Logins took long",
        section="Why a login, a notebook or a kernel took long",
        mechanism=(
            "The hub answered the login late. It asks somebody else for it, such as a directory or an identity "
            "provider; or its own process was busy with other things, or blocked by one of these calls."
        ),
        confirm=(
            "Look in the hub's log at the time of the login requests, the last number of each line: `kubectl -n jhub "
            "logs deploy/hub | grep 'POST /hub/login'`.",
            "Ask the directory or the provider itself, and time the answer.",
        ),
        remedies=(
            "Look at the authenticator: its server, its time limits, how many groups it asks for, "
            "`c.Authenticator.post_auth_hook`, `c.Authenticator.refresh_pre_spawn`.",
            "Let it work beside the hub's event loop: an authenticator that is not `async` stops everybody meanwhile.",
        ),
    ),
)
