"""The Caddyfile of the hub: a site for each box, and words for when its tunnel is down.  Pure.

By Caddy's Caddyfile reference, for the 2.6.2 of Debian 12 and 13.  What a client says in X-Forwarded-For, -Proto and
-Host is replaced (its default since 2.5); it adds nothing of its own to what a box answers.
"""

from collections.abc import Iterable
from typing import Final

from doorstep.core.hub_line import LISTENS_AT
from doorstep.hub_machine.box import Box
from doorstep.hub_machine.shape import CertificateFrom, HubShape

WELL_KNOWN: Final = "/.well-known/doorstep-hub"
WELL_KNOWN_ANSWER: Final = "doorstep-hub"
COMES_AGAIN_SECONDS: Final = 5

_HEAD: Final = """\
# Written by doorstep-hub; changes here are lost.
{{
	admin unix/{web_run}/admin.sock
	storage file_system {web_state}
	skip_install_trust
	auto_https disable_redirects
	grace_period 2s
	http_port {http}
	https_port {https}
	log {{
		output stderr
		format console
		level WARN
		# Whoever asks for a proof, or goes away in the middle, would write a line into the journal each time, with
		# his address.  What becomes of certificates is told by others.
		exclude http
	}}
	servers {{
		# One request a connection, so that the firewall's count of those is a count of requests.  In h2 one connection
		# carries 250, and whoever does not read their answers keeps them for ever.
		protocols h1
		max_header_size 64KB
		timeouts {{
			read_header 10s
			idle 2m
		}}
	}}
}}

(hub) {{
	handle {well_known} {{
		header Cache-Control no-store
		respond {answer} 200
	}}
	# Who proves here that the name is his gets a certificate for it (RFC 8555, 8.3).  Caddy answers for itself before
	# it looks here; a box, or who stole its key, must not.
	handle /.well-known/acme-challenge/* {{
		respond 404
	}}
	handle /.well-known/pki-validation/* {{
		respond 404
	}}
}}

(away) {{
	handle_errors {{
		@away expression `{{err.status_code}} in [502, 503, 504]`
		handle @away {{
			header Cache-Control no-store
			header Retry-After {again}
			header X-Content-Type-Options nosniff
			@api path /api/*
			handle @api {{
				header Content-Type application/problem+json
				respond `{problem}` 503
			}}
			handle {{
				header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'"
				header Content-Type "text/html; charset=utf-8"
				respond `{page}` 503
			}}
		}}
		handle {{
			respond "{{err.status_code}} {{err.status_text}}" {{err.status_code}}
		}}
	}}
}}
"""

_BOX: Final = """
# The box {name}.
https://{host}:{https} {{
{tls}	import hub
	handle {{
		# What a client wrote itself must not look like our word.
		request_header -Forwarded

		# Live pictures go out as they come; a clip may take minutes, and no request is cut short here.
		reverse_proxy {listens_at}:{port} {{
			flush_interval -1
			transport http {{
				versions 1.1
				dial_timeout 3s
				keepalive 30s
				keepalive_idle_conns_per_host 16
				max_conns_per_host 256
			}}
		}}
	}}
	import away
}}
"""

_NO_BOX: Final = """
# The hub's own name, which no box has.
https://{host}:{https} {{
{tls}	import hub
	handle {{
		error 503
	}}
	import away
}}
"""

_PLAIN: Final = """
# Without TLS there is only the way to it.  Names that are not ours get no answer at all.
http://{host}:{http} {{
	import hub
	handle {{
		redir https://{{host}}{port}{{uri}} 308
	}}
}}
"""

_OTHERS: Final = """
http://:{http} {{
	abort
}}

https://:{https} {{
	abort
}}
"""

_PROBLEM: Final = (
    '{"type":"about:blank","title":"The box at home is not connected.","status":503,"code":"box-away",'
    '"detail":"The hub runs, and the box at home is not connected to it at the moment. It goes on recording."}'
)
_PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    f'<meta http-equiv="refresh" content="{COMES_AGAIN_SECONDS}"><title>Doorstep</title></head><body>'
    "<h1>The box at home is not connected</h1><p>The hub runs, and waits for it. At home everything goes on: "
    "the chime rings and recordings are kept.</p><p>This page looks again by itself every few seconds.</p>"
    "</body></html>"
)


def caddy_text(shape: HubShape, boxes: Iterable[Box]) -> str:
    """The file for `caddy run --adapter caddyfile`."""
    known = sorted(boxes, key=lambda one: one.name)
    tls = "\ttls internal\n" if shape.certificate is CertificateFrom.INTERNAL else ""
    https = shape.ports.https
    sites = [
        _BOX.format(name=box.name, host=box.host, port=box.port, listens_at=LISTENS_AT, https=https, tls=tls)
        for box in known
    ]
    if shape.host not in {box.host for box in known}:
        sites.append(_NO_BOX.format(host=shape.host, https=https, tls=tls))
    port = "" if https == 443 else f":{https}"
    hosts = sorted({shape.host, *(box.host for box in known)})
    plain = [_PLAIN.format(host=host, http=shape.ports.http, port=port) for host in hosts]
    return _head(shape) + "".join([*sites, *plain]) + _OTHERS.format(http=shape.ports.http, https=https)


def _head(shape: HubShape) -> str:
    return _HEAD.format(
        web_run=shape.folders.web_run,
        web_state=shape.folders.web_state,
        http=shape.ports.http,
        https=shape.ports.https,
        well_known=WELL_KNOWN,
        answer=WELL_KNOWN_ANSWER,
        again=COMES_AGAIN_SECONDS,
        problem=_PROBLEM,
        page=_PAGE,
    )
