"""Checks of the settings with which the site is served."""

import socket
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from fenming.commands.doctor.finding import Finding, bad, ok, warn

LOCAL = {"localhost", "127.0.0.1", "[::1]"}
KEY_MIN = 32
CONNECT_SECONDS = 5


def network(data: Path) -> Iterator[Finding]:
    hosts = sorted(set(settings.ALLOWED_HOSTS) - LOCAL)
    if settings.DEBUG:
        told_as = bad if hosts else warn
        yield told_as(("FENMING_DEBUG 打开了", "FENMING_DEBUG is on"), (
            "去掉 FENMING_DEBUG：错误页会泄露内部信息", "Unset FENMING_DEBUG: its error pages give secrets away"
        ))  # fmt: skip
    if "*" in hosts:
        yield warn(("FENMING_HOSTS 为 *，接受任何域名", "FENMING_HOSTS is *: the site answers to any name"), (
            "写明网站的域名", "Give the names of the site"
        ))  # fmt: skip
    if hosts and not settings.HTTPS:
        yield warn(("对外服务而没有 HTTPS", "Served to others without HTTPS"), (
            "用反向代理终止 TLS，并设 FENMING_HTTPS=1", "Let a proxy end TLS, and set FENMING_HTTPS=1"
        ))  # fmt: skip
    told = ", ".join(hosts) or "localhost"
    yield ok(f"网站域名：{told}", f"The site answers to {told}")


def secret_key(data: Path) -> Iterator[Finding]:
    if len(settings.SECRET_KEY) < KEY_MIN or len(set(settings.SECRET_KEY)) < KEY_MIN // 4:
        yield bad(("FENMING_SECRET_KEY 太短或太简单", "FENMING_SECRET_KEY is too short or too simple"), (
            "去掉它（会自动生成），或换成 50 个随机字符", "Unset it, then one is made; or give 50 random letters"
        ))  # fmt: skip
    else:
        yield ok("会话密钥足够强", "The secret key is strong enough")


def static_files(data: Path) -> Iterator[Finding]:
    if not (settings.PACKAGE / "static" / "fenming").is_dir():
        yield bad(("安装包里没有前端文件", "The package lacks its built front end"), (
            "重新安装；源码运行先在 frontend 执行 node build.mjs",
            "Install again; from source, run node build.mjs in frontend",
        ))  # fmt: skip
    elif not (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        yield warn(("静态文件还没有收集", "Static files are not gathered yet"), (
            "运行一次 fenming serve", "Run fenming serve once"
        ))  # fmt: skip
    else:
        yield ok("静态文件已收集", "Static files are gathered")


def mail(data: Path) -> Iterator[Finding]:
    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    if host in ("", "localhost"):
        yield ok("未配置邮件（关闭）", "Mail is off")
        return
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
        yield ok(f"邮件服务器 {host}:{port} 可达", f"The mail server {host}:{port} answers")
    except OSError as error:
        yield warn(
            (f"邮件服务器 {host}:{port} 连不上：{error}",
             f"No answer from the mail server {host}:{port}: {error}"), (
            "检查邮件设置和防火墙", "See to the mail settings and the firewall"
        ))  # fmt: skip


def port_free(port: int) -> Iterator[Finding]:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
            yield ok(f"端口 {port} 空闲", f"Port {port} is free")
        except OSError:
            yield warn((f"端口 {port} 已被占用", f"Port {port} is in use"), (
                "若不是本站在运行，换一个：fenming serve --port",
                "Unless this site runs there, choose another: fenming serve --port",
            ))  # fmt: skip
