"""Which directives nginx has, where they may stand, and which of them the simulation plays.

Contexts: `m` main, `e` events, `h` http, `s` server, `l` location, `u` upstream, `t` types. A directive that
is real but not played is refused by name when it would change what nginx answers, and taken without effect
when it only tunes (buffers, levels of logs, sockets); one that nginx does not know gets nginx' own message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.runtime.daemons.nginx.syntax import ConfigurationError, Directive

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTEXTS = {"events": "e", "http": "h", "server": "s", "location": "l", "upstream": "u", "types": "t"}
MANY = 99


class Rule(Struct, frozen=True):
    """Where a directive may stand, and how many arguments it takes."""

    contexts: str
    least: int
    most: int
    block: bool = False


PLAYED = {
    "events": Rule("m", 0, 0, block=True), "http": Rule("m", 0, 0, block=True),
    "server": Rule("h", 0, 0, block=True), "location": Rule("sl", 1, 2, block=True),
    "upstream": Rule("h", 1, 1, block=True), "types": Rule("hsl", 0, 0, block=True),
    "listen": Rule("s", 1, MANY), "server_name": Rule("s", 1, MANY), "root": Rule("hsl", 1, 1),
    "alias": Rule("l", 1, 1), "index": Rule("hsl", 1, MANY), "return": Rule("sl", 1, 2),
    "try_files": Rule("sl", 2, MANY), "error_page": Rule("hsl", 2, MANY), "add_header": Rule("hsl", 2, 3),
    "default_type": Rule("hsl", 1, 1), "access_log": Rule("hsl", 1, MANY), "error_log": Rule("mhsl", 1, 2),
    "log_format": Rule("h", 2, MANY), "autoindex": Rule("hsl", 1, 1), "allow": Rule("hsl", 1, 1),
    "deny": Rule("hsl", 1, 1), "proxy_pass": Rule("l", 1, 1), "proxy_set_header": Rule("hsl", 2, 2),
    "proxy_connect_timeout": Rule("hsl", 1, 1), "proxy_read_timeout": Rule("hsl", 1, 1),
    "stub_status": Rule("sl", 0, 1), "server_tokens": Rule("hsl", 1, 1), "rewrite": Rule("sl", 2, 3),
    "client_max_body_size": Rule("hsl", 1, 1), "internal": Rule("l", 0, 0),
    "worker_processes": Rule("m", 1, 2), "pid": Rule("m", 1, 1), "user": Rule("m", 1, 2),
    "daemon": Rule("m", 1, 1),
    "worker_connections": Rule("e", 1, 1),
}  # fmt: skip
"""What is carried out."""

_EVENTS = """
use multi_accept accept_mutex accept_mutex_delay debug_connection worker_aio_requests
"""
_MAIN = """
worker_rlimit_nofile worker_rlimit_core worker_cpu_affinity worker_priority worker_shutdown_timeout
timer_resolution pcre_jit master_process working_directory thread_pool lock_file ssl_engine
"""
_UPSTREAM = """
keepalive keepalive_timeout keepalive_requests keepalive_time zone
"""
_HTTP = """
sendfile sendfile_max_chunk tcp_nopush tcp_nodelay keepalive_timeout keepalive_requests keepalive_disable
keepalive_time gzip gzip_types gzip_vary gzip_proxied gzip_comp_level gzip_min_length gzip_buffers
gzip_http_version gzip_disable gzip_static charset types_hash_max_size types_hash_bucket_size
server_names_hash_bucket_size server_names_hash_max_size variables_hash_max_size variables_hash_bucket_size
client_body_buffer_size client_header_buffer_size client_body_timeout client_header_timeout
large_client_header_buffers send_timeout reset_timedout_connection lingering_close lingering_time
lingering_timeout open_file_cache open_file_cache_valid open_file_cache_min_uses open_file_cache_errors
log_not_found log_subrequest output_buffers postpone_output aio directio etag if_modified_since
ignore_invalid_headers merge_slashes underscores_in_headers server_name_in_redirect port_in_redirect
absolute_redirect max_ranges proxy_buffering proxy_buffers proxy_buffer_size proxy_busy_buffers_size
proxy_http_version proxy_send_timeout proxy_request_buffering proxy_max_temp_file_size
proxy_temp_file_write_size proxy_redirect proxy_socket_keepalive proxy_headers_hash_max_size
proxy_headers_hash_bucket_size client_body_temp_path proxy_temp_path fastcgi_temp_path uwsgi_temp_path
scgi_temp_path resolver_timeout open_log_file_cache autoindex_exact_size autoindex_format
autoindex_localtime msie_padding connection_pool_size request_pool_size expires http2
http2_max_concurrent_streams
"""
TUNING: dict[str, str] = {}
"""What changes no answer here and is taken without effect: names, and the contexts they may stand in."""
for _contexts, _words in (("e", _EVENTS), ("m", _MAIN), ("u", _UPSTREAM), ("hsl", _HTTP)):
    for _word in _words.split():
        TUNING[_word] = TUNING.get(_word, "") + _contexts

_REFUSED = """
add_after_body add_before_body add_trailer addition_types api auth_basic auth_basic_user_file auth_request
auth_request_set break chunked_transfer_encoding create_full_put_path dav_methods debug_points env
error_page_internal fastcgi_index fastcgi_param fastcgi_pass fastcgi_split_path_info flv geo geoip_city
geoip_country grpc_pass grpc_set_header hash health_check http3 if image_filter ip_hash js_content js_import
js_set least_conn limit_conn limit_conn_zone limit_except limit_rate limit_rate_after limit_req
limit_req_status limit_req_zone load_module mail map memcached_pass mirror mirror_request_body mp4 ntlm perl
perl_set post_action proxy_bind proxy_cache proxy_cache_bypass proxy_cache_key proxy_cache_path
proxy_cache_use_stale proxy_cache_valid proxy_cookie_domain proxy_cookie_path proxy_hide_header
proxy_ignore_headers proxy_intercept_errors proxy_method proxy_next_upstream proxy_next_upstream_timeout
proxy_next_upstream_tries proxy_no_cache proxy_pass_header proxy_set_body proxy_ssl_name
proxy_ssl_server_name proxy_ssl_verify quic_retry random random_index real_ip_header real_ip_recursive
recursive_error_pages resolver rewrite_log satisfy scgi_pass secure_link secure_link_md5 set
set_real_ip_from slice split_clients ssi ssi_types ssl_certificate ssl_certificate_key ssl_ciphers
ssl_client_certificate ssl_dhparam ssl_prefer_server_ciphers ssl_protocols ssl_reject_handshake
ssl_session_cache ssl_session_tickets ssl_session_timeout ssl_stapling ssl_trusted_certificate
ssl_verify_client status_zone sticky stream sub_filter sub_filter_once sub_filter_types
uninitialized_variable_warn userid uwsgi_param uwsgi_pass valid_referers xslt_stylesheet
"""
REFUSED = frozenset(_REFUSED.split())
"""Real directives that would change the answer and are not played: refused by name."""


def check(directives: Iterable[Directive], context: str = "m") -> None:
    """Look a whole configuration over as nginx does while it reads.

    Raises:
        ConfigurationError: unknown, misplaced or badly called directives.
    """
    for each in directives:
        if context == "t":
            continue
        _check_one(each, context)
        if each.block is not None:
            check(each.block, CONTEXTS.get(each.name, "x"))


def _check_one(each: Directive, context: str) -> None:
    rule = PLAYED.get(each.name) or _tuning(each.name)
    if each.name == "server" and context == "u":
        rule = Rule("u", 1, MANY)
    if rule is None:
        if each.name in REFUSED:
            raise ConfigurationError(
                f'the directive "{each.name}" is not available in the simulation in {each.place}'
            )
        raise ConfigurationError(f'unknown directive "{each.name}" in {each.place}')
    if context not in rule.contexts:
        raise ConfigurationError(f'"{each.name}" directive is not allowed here in {each.place}')
    if rule.block and each.block is None:
        raise ConfigurationError(f'directive "{each.name}" has no opening "{{" in {each.place}')
    if not rule.block and each.block is not None:
        raise ConfigurationError(f'directive "{each.name}" is not terminated by ";" in {each.place}')
    if not rule.least <= len(each.args) <= rule.most:
        raise ConfigurationError(f'invalid number of arguments in "{each.name}" directive in {each.place}')


def _tuning(name: str) -> Rule | None:
    return Rule(TUNING[name], 1, MANY) if name in TUNING else None
