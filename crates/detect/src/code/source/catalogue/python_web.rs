//! Python on the web: Flask, Django, FastAPI, Tornado, aiohttp, Pyramid, template engines, database layers. Must never
//! list what the standard library has.

use super::Is::*;
use super::Means::{Call, Clean as Cleans, Mention, Set, Sink as Runs, Source};
use super::When::*;
use super::rules::*;
use super::{Arg, Row, Sink, row};
use crate::code::rule::SQL_CONCATENATION;
use crate::code::source::value::{Clean, Origin};

const FIRST: Arg = Arg(0, &[]);

pub(super) const ROWS: &[Row] = &[
    row(
        "flask.request.args flask.request.form flask.request.values flask.request.json flask.request.data
        flask.request.files flask.request.cookies flask.request.headers flask.request.get_json
        flask.request.get_data flask.request.url flask.request.path flask.request.query_string
        flask.request.stream flask.request.host flask.request.referrer flask.request.remote_addr
        flask.request.full_path flask.request.view_args flask.request.environ flask.request.user_agent
        request.args request.form request.values request.json request.data request.files request.cookies
        request.headers request.get_json request.GET request.POST request.COOKIES request.META request.FILES
        request.body request.query_params request.params request.query request.path_params request.matchdict
        request.match_info request.rel_url request.json_body request.query_string request.get_full_path
        request.path request.path_info request.url request.build_absolute_uri request.read request.text
        request.post request.get_data request.REQUEST request.get request.environ *.self.request.GET
        *.self.request.POST *.self.request.body *.self.request.arguments *.self.request.get
        *.self.request.query_params *.self.request.data *.self.get_argument *.self.get_query_argument
        *.self.get_body_argument *.self.request.headers *.self.get_arguments *.self.get_cookie *.self.headers
        *.self.path *.self.rfile.read bottle.request.query bottle.request.forms bottle.request.params
        bottle.request.json web.input cherrypy.request.params req.params req.get_param req.media req.stream
        req.args req.form event.queryStringParameters event.body event.pathParameters event.headers
        event.requestContext environ.QUERY_STRING",
        Source(Origin::REQUEST),
    ),
    // Pages.
    row("flask.render_template_string *.render_template_string", Call(&SSTI, &[Variable(Arg(0, &["source"]), Clean::HTML)])),
    row(
        "jinja2.Template *.Environment().from_string .from_string mako.template.Template
        tornado.template.Template django.template.Template string.Template Template",
        Call(&SSTI, &[Flows(FIRST, Clean::HTML)]),
    ),
    row(
        "jinja2.Template mako.template.Template jinja2.Environment().from_string mako.template.Template
        tornado.template.Template",
        Call(&SSTI, &[Is(FIRST, Mixed)]),
    ),
    row("mako.template.Template mako.lookup.TemplateLookup", Call(&AUTOESCAPE, &[Lacks(Arg(9, &["default_filters"]))])),
    row("jinja2.Environment *.jinja2.Environment", Call(&AUTOESCAPE, &[Lacks(Arg(9, &["autoescape"]))])),
    row("autoescape .autoescape", Set(&AUTOESCAPE, False)),
    row("autoescape", Set(&AUTOESCAPE, Null)),
    row(
        "flask.make_response make_response flask.Response Response *.HttpResponse *.HttpResponseBadRequest
        *.HttpResponseNotFound *.HttpResponseForbidden *.HttpResponseServerError *.HTMLResponse *.self.write
        *.web.Response *.self.response.write *.self.response.out.write *.self.finish *.self.wfile.write
        *.response.write sanic.response.html",
        Call(&XSS, &[AnyRequest(Clean::HTML)]),
    ),
    row(
        "flask.render_template *.render_template flask.jsonify *.jsonify *.JsonResponse *.JSONResponse
        django.shortcuts.render flask.send_file flask.url_for *.url_for *.reverse flask.redirect *.redirect
        *.render *.PlainTextResponse",
        Cleans(Clean::HTML),
    ),
    row(
        "*.mark_safe *.Markup *.SafeString *.SafeText *.SafeUnicode *.SafeBytes *.HTML_safe *.html_safe",
        Call(&XSS_SINK, &[Variable(FIRST, Clean::HTML)]),
    ),
    row("*.html_safe", Mention(&XSS_SINK)),
    row("*.SafeString *.SafeText", Mention(&XSS_SINK)),
    row("*.format_html", Call(&XSS_SINK, &[Is(FIRST, Mixed)])),
    row("*.render_to_string django.shortcuts.render", Call(&XSS, &[Is(Arg(1, &[]), Requested)])),
    // Redirects and headers.
    row(
        "flask.redirect *.redirect *.HttpResponseRedirect *.HttpResponsePermanentRedirect *.RedirectResponse
        *.HTTPFound *.self.redirect *.HTTPSeeOther *.HTTPMovedPermanently",
        Call(&REDIRECT, &[AnyRequest(Clean::URL), Not(FIRST, Holds(&["url_for", "reverse()"]))]),
    ),
    row(
        ".headers.add .headers.set .set_header .add_header .headers.extend .headers.update .headers.setdefault",
        Call(&HEADER, &[AnyRequest(Clean::LINE)]),
    ),
    // Files.
    row("flask.send_file *.send_file *.FileResponse bottle.static_file *.web.FileResponse", Call(&PATH_TRAVERSAL, &[Request(FIRST, Clean::PATH)])),
    row(".save", Call(&UPLOAD, &[Request(FIRST, Clean::PATH), With(&["request.files", ".files[", "FileStorage", "request.FILES"])])),
    row(".save", Call(&UPLOAD, &[With(&["request.files"]), Without(&["allowed", "ALLOWED", "splitext", "endswith", "content_type", "mimetype"]), Is(FIRST, Holds(&["secure_filename", "filename"]))])),
    // Databases.
    row(".extra", Call(&SQL_CONCATENATION, &[Any(Mixed)])),
    row("*.RawSQL .objects.raw *.raw .execute .executemany", Call(&SQL_CONCATENATION, &[Built(FIRST, Clean::SQL), Is(FIRST, Holds(&["select ", "insert ", "update ", "delete ", "drop ", "create ", "alter "]))])),
    row("*.RawSQL *.objects.raw *.connection.cursor().execute .cursor().execute .execute *.text", Runs(Sink::Sql)),
    row("*.Extract *.Trunc *.KeyTransform", Call(&SQL_CONCATENATION, &[AnyRequest(Clean::SQL)])),
    row(".find .find_one .delete_one .delete_many .update_one .aggregate .count_documents", Call(&NOSQL, &[With(&["pymongo", "mongo", "motor"]), Request(FIRST, Clean::OBJECT)])),
    row("$where", Set(&NOSQL, Varying)),
    row(".objects.create .objects.filter *.update_or_create", Call(&MASS_ASSIGNMENT, &[Request(FIRST, Clean::EVERYTHING), Under(&["**"])])),
    // Settings.
    row(".run", Call(&DEBUG, &[Is(Arg(9, &["debug"]), True), Without(&["asyncio.run"])])),
    row(".run uvicorn.run .listen *.Server *.HTTPServer *.TCPServer *.make_server", Call(&BIND_ALL, &[Any(Text(&["0.0.0.0", "::"]))])),
    row(
        "DEBUG .DEBUG TESTING .TESTING .debug DEBUG_PROPAGATE_EXCEPTIONS TEMPLATE_DEBUG .config.DEBUG
        .config.TESTING .config.ENV_DEBUG",
        Set(&DEBUG, True),
    ),
    row("ENV .config.ENV", Set(&DEBUG, Text(&["development"]))),
    row("host", Set(&BIND_ALL, Text(&["0.0.0.0", "::"]))),
    row("SECRET_KEY .SECRET_KEY .secret_key JWT_SECRET_KEY .JWT_SECRET_KEY .jwt_secret secret_key", Set(&FIXED_KEY, Constant)),
    row(
        "SESSION_COOKIE_SECURE SESSION_COOKIE_HTTPONLY CSRF_COOKIE_SECURE .SESSION_COOKIE_SECURE
        .SESSION_COOKIE_HTTPONLY .REMEMBER_COOKIE_SECURE .REMEMBER_COOKIE_HTTPONLY httponly CSRF_COOKIE_HTTPONLY
        cookie_secure cookie_httponly http_only",
        Set(&COOKIE, False),
    ),
    row("secure", Set(&COOKIE, False)),
    row("samesite SESSION_COOKIE_SAMESITE .SESSION_COOKIE_SAMESITE cookie_samesite", Set(&COOKIE, Null)),
    row(".set_cookie", Call(&COOKIE, &[Not(Arg(9, &["secure"]), True)])),
    row(".set_cookie", Call(&COOKIE, &[Not(Arg(9, &["httponly"]), True)])),
    row(
        "*.AuthTktCookieHelper *.AuthTktAuthenticationPolicy *.SignedCookieSessionFactory
        *.BaseCookieSessionFactory *.UnencryptedCookieSessionFactoryConfig",
        Call(&COOKIE, &[Not(Arg(9, &["secure"]), True)]),
    ),
    row(
        "*.AuthTktCookieHelper *.AuthTktAuthenticationPolicy *.SignedCookieSessionFactory
        *.BaseCookieSessionFactory",
        Call(&COOKIE, &[Not(Arg(9, &["httponly", "http_only"]), True)]),
    ),
    row("*.csrf_exempt *.csrf.exempt", Mention(&CSRF)),
    row(
        "WTF_CSRF_ENABLED .WTF_CSRF_ENABLED WTF_CSRF_CHECK_DEFAULT csrf_enabled csrf require_csrf .csrf
        check_origin *.Meta.csrf",
        Set(&CSRF, False),
    ),
    row("*.set_default_csrf_options", Call(&CSRF, &[Is(Arg(0, &["require_csrf"]), False)])),
    row(
        "Access-Control-Allow-Origin .Access-Control-Allow-Origin allow_origins origins CORS_ORIGIN_ALLOW_ALL",
        Set(&CORS, Text(&["*"])),
    ),
    row("CORS_ORIGIN_ALLOW_ALL CORS_ALLOW_ALL_ORIGINS", Set(&CORS, True)),
    row("AUTH_PASSWORD_VALIDATORS SECURITY_PASSWORD_LENGTH_MIN", Set(&PASSWORD_POLICY, Null)),
    row("traceback.format_exc", Call(&LEAK, &[With(&["make_response", "HttpResponse", "jsonify"])])),
];
