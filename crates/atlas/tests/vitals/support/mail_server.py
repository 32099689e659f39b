"""A mail server for tests: one of Debian's, which takes letters on loopback and tells of each in a line of JSON.

Called with a JSON object: port, security (none, starttls or tls), certificate, key, user, password. What a letter
says is read by Python's own library, so that it is seen as a mail program sees it.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

settings = json.loads(sys.argv[1])


def say(line):
    print(json.dumps(line), flush=True)


class Taking:
    """Takes every letter."""

    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        parts = {part.get_content_type(): part.get_content() for part in letter.walk() if not part.is_multipart()}
        say(
            {
                "sender": envelope.mail_from,
                "recipients": envelope.rcpt_tos,
                "user": session.auth_data and session.auth_data.decode(),
                "is_protected": settings["security"] == "tls" or session.ssl is not None,
                "headers": [[name, str(value)] for name, value in letter.items()],
                "text": parts.get("text/plain", ""),
                "html": parts.get("text/html", ""),
                "bytes": len(envelope.original_content),
                "defects": [str(defect) for defect in letter.defects],
            }
        )
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, login):
    known = (settings["user"].encode(), settings["password"].encode())
    if (login.login, login.password) != known:
        return AuthResult(success=False, handled=False)
    return AuthResult(success=True, auth_data=login.login)


async def serve():
    security, context = settings["security"], None
    if security != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings["certificate"], settings["key"])

    def connected():
        return SMTP(
            Taking(),
            hostname="localhost",
            tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls",
            authenticator=authenticate,
            auth_required=bool(settings["user"]),
            auth_require_tls=security == "starttls",
            enable_SMTPUTF8=True,
        )

    server = await asyncio.get_running_loop().create_server(
        connected,
        "127.0.0.1",
        settings["port"],
        ssl=context if security == "tls" else None,
    )
    say("ready")
    await server.serve_forever()


asyncio.run(serve())
