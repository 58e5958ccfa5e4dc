//! Ruby and Rails. Must never list a method that any object has.

use super::Is::*;
use super::Means::{Call, Clean as Cleans, Guard, Mention, Set, Sink as Runs, Source};
use super::When::*;
use super::rules::*;
use super::{Arg, Row, Sink, row};
use crate::code::rule::{DESERIALIZE, EVAL, REMOVE_TREE, SQL_CONCATENATION};
use crate::code::source::value::{Clean, Origin};

const FIRST: Arg = Arg(0, &[]);

pub(super) const ROWS: &[Row] = &[
    row(
        "system exec spawn Kernel.system Kernel.exec Kernel.spawn IO.popen Open3.capture2 Open3.capture3 Open3.popen3
        Open3.capture2e PTY.spawn Process.spawn",
        Runs(Sink::Words(0)),
    ),
    row("system exec spawn Kernel.system Kernel.exec", Call(&SHELL_ARGUMENT, &[Request(FIRST, Clean::SHELL)])),
    row("open Kernel.open", Call(&SHELL_ARGUMENT, &[Request(FIRST, Clean::SHELL)])),
    row("Shellwords.escape Shellwords.shellescape .shellescape", Cleans(Clean::SHELL)),
    row("eval instance_eval class_eval module_eval Kernel.eval binding.eval .instance_eval .class_eval .module_eval .eval", Runs(Sink::Evaluate(&EVAL))),
    row(".constantize .safe_constantize", Call(&UNSAFE_REFLECTION, &[])),
    row(".const_get", Call(&UNSAFE_REFLECTION, &[Is(FIRST, Varying)])),
    row(".send .public_send .__send__ send public_send", Call(&UNSAFE_REFLECTION, &[Is(FIRST, Varying)])),
    row("FileUtils.rm_rf FileUtils.rm_r FileUtils.remove_dir FileUtils.remove_entry FileUtils.rmtree", Runs(Sink::DeleteTree(&REMOVE_TREE))),
    row("File.delete File.unlink FileUtils.rm Dir.rmdir", Runs(Sink::DeleteFile)),
    row("File.write IO.write", Runs(Sink::Write)),
    row("File.open File.read IO.read File.readlines IO.readlines", Runs(Sink::Open)),
    row("send_file render_file", Call(&PATH_TRAVERSAL, &[Request(FIRST, Clean::PATH)])),
    row("File.basename", Cleans(Clean::PATH)),
    row(".start_with?", Guard(Clean::PATH.and(Clean::URL))),
    row(".include? .match? .key? .member?", Guard(Clean::EVERYTHING)),
    row(".to_i .to_f Integer .length .size .count .permit", Cleans(Clean::EVERYTHING)),
    row("Marshal.load Marshal.restore YAML.unsafe_load Psych.unsafe_load", Call(&DESERIALIZE, &[])),
    row("YAML.load YAML.load_file Psych.load Oj.load Oj.object_load", Call(&DESERIALIZE, &[Without(&["permitted_classes", "mode: :strict", "mode: :compat"])])),
    row("params cookies request.params request.headers request.env request.body request.query_string request.referer session.params gets ARGV STDIN.read request.url request.path", Source(Origin::REQUEST)),
    row(".html_safe raw", Call(&XSS_SINK, &[Is(FIRST, Varying)])),
    row(".html_safe", Mention(&XSS_SINK)),
    row("render", Call(&SSTI, &[Is(Arg(9, &["inline"]), Varying)])),
    row("ERB.new", Call(&SSTI, &[Is(FIRST, Varying)])),
    row("render", Call(&XSS, &[Is(Arg(9, &["html", "text", "plain_html"]), Requested)])),
    row("CGI.escapeHTML ERB.Util.html_escape h html_escape sanitize CGI.escape", Cleans(Clean::HTML.and(Clean::LINE))),
    row("redirect_to", Call(&REDIRECT, &[AnyRequest(Clean::URL), Without(&["only_path: true", "allow_other_host: false"])])),
    row(".where .find_by_sql .order .joins .group .having .select .from .pluck .exists? .delete_all .update_all .execute .exec_query .count_by_sql .calculate", Call(&SQL_INJECTION, &[Request(FIRST, Clean::SQL)])),
    row(".where .find_by_sql .having .execute .exec_query .order .joins .delete_all .update_all", Call(&SQL_CONCATENATION, &[Built(FIRST, Clean::SQL)])),
    row(".find_by_sql .execute .exec_query .select_all .query .exec", Runs(Sink::Sql)),
    row("sanitize_sql sanitize_sql_like .quote ActiveRecord.Base.connection.quote", Cleans(Clean::SQL)),
    row("Net.HTTP.get Net.HTTP.get_response HTTParty.get HTTParty.post RestClient.get RestClient.post Faraday.get URI.open open-uri.open Net.HTTP.post", Runs(Sink::Send)),
    row("Digest.MD5.hexdigest Digest.MD5.digest Digest.SHA1.hexdigest Digest.SHA1.digest Digest.MD5.base64digest OpenSSL.Digest.MD5.new Digest.MD5.new Digest.SHA1.new OpenSSL.Digest.SHA1.new", Call(&WEAK_HASH, &[])),
    row("OpenSSL.Cipher.new OpenSSL.Cipher.Cipher.new OpenSSL.Digest.new", Call(&WEAK_CIPHER, &[Is(FIRST, Holds(&["des", "ecb", "rc4", "bf", "md5", "sha1"]))])),
    row("OpenSSL.PKey.RSA.new OpenSSL.PKey.RSA.generate", Call(&SHORT_KEY, &[Is(FIRST, Below(2048))])),
    row("rand Random.rand Kernel.rand Random.new .sample .shuffle", Call(&WEAK_RANDOM_SECRET, &[ForSecret])),
    row("rand Random.rand", Call(&WEAK_RANDOM, &[])),
    row("OpenSSL.SSL.VERIFY_NONE OpenSSL.SSL.VERIFY_NONE()", Mention(&TLS_UNCHECKED)),
    row(".verify_mode verify_mode ssl_verify_mode", Set(&TLS_UNCHECKED, Holds(&["verify_none"]))),
    row("verify verify_ssl", Set(&TLS_UNCHECKED, False)),
    row("Nokogiri.XML Nokogiri.XML.parse Nokogiri.XML.Document.parse", Call(&XXE, &[With(&["noent", "NOENT", "DTDLOAD"])])),
    row("REXML.Document.new", Call(&XXE, &[Request(FIRST, Clean::EVERYTHING)])),
    row("File.chmod FileUtils.chmod FileUtils.chmod_R .chmod", Call(&PERMISSIVE, &[Any(WorldWritable)])),
    row("skip_before_action skip_before_filter protect_from_forgery_off", Call(&CSRF, &[Any(Holds(&["verify_authenticity_token"]))])),
    row("Regexp.new", Call(&REGEX, &[Request(FIRST, Clean::EVERYTHING)])),
    row(".permit!", Mention(&MASS_ASSIGNMENT)),
    row(".new .create .update .update_attributes .assign_attributes", Call(&MASS_ASSIGNMENT, &[Is(FIRST, Holds(&["params"])), Without(&["permit("])])),
    row("JWT.decode", Call(&JWT_UNVERIFIED, &[Is(Arg(2, &[]), False)])),
    row("JWT.encode", Call(&FIXED_KEY, &[Is(Arg(1, &[]), Constant)])),
    row("logger.info Rails.logger.info logger.error Rails.logger.error logger.debug", Call(&LOG_INJECTION, &[AnyRequest(Clean::LINE)])),
    row("Process.setuid Process.Sys.setuid", Runs(Sink::SetUser)),
    row("consider_all_requests_local .consider_all_requests_local", Set(&DEBUG, True)),
    row("secure httponly", Set(&COOKIE, False)),
    row(".force_ssl", Set(&CLEARTEXT, False)),
    row("Regexp.escape Regexp.quote", Cleans(Clean::EVERYTHING)),
    row("find_by_sql count_by_sql", Runs(Sink::Sql)),
    row("find_by_sql where", Call(&SQL_CONCATENATION, &[Built(FIRST, Clean::SQL), Is(FIRST, Holds(&["select ", "delete ", "update ", " = ", " like "]))])),
    row(".sanitized ActiveStorage.Filename.new().sanitized", Cleans(Clean::PATH)),
    row("sanitize strip_tags ActionController.Base.helpers.sanitize Sanitize.fragment Sanitize.clean Loofah.fragment", Cleans(Clean::HTML)),
];
