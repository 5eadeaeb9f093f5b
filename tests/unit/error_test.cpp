// SPDX-License-Identifier: MIT
#include <tlsmode/error.hpp>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509err.h>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tlsmode;
using tlsmode_tests::says;

namespace {

/// Puts an entry of libssl into the queue, from the function "here" of the file "here.c".
void raise(int reason, const char* data = "") {
  ::OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr);  // the reasons in words
  ::ERR_new();
  ::ERR_set_debug("here.c", 12, "here");
  ::ERR_set_error(ERR_LIB_SSL, reason, "%s", data);
}

}  // namespace

TEST_CASE("no error is an error of kind none") {
  const Error none;
  CHECK(none.kind() == ErrorKind::none);
  CHECK(none.operation() == Operation::none);
  CHECK(none.system_error() == 0);
  CHECK(none.verify_result() == X509_V_OK);
  CHECK(none.alert() == -1);
  CHECK(none.queue().empty());
  CHECK(none.remedy().empty());
  CHECK(says(none, "no error"));
}

TEST_CASE("an error takes the whole queue over, oldest entry first, and leaves it empty") {
  raise(SSL_R_NO_SHARED_CIPHER, "first");
  ERR_raise(ERR_LIB_X509, ERR_R_PASSED_INVALID_ARGUMENT);
  raise(SSL_R_BAD_LENGTH);
  const Error error{{.operation = Operation::read}};

  CHECK(::ERR_peek_error() == 0);
  REQUIRE(error.queue().size() == 3);
  CHECK(ERR_GET_REASON(error.queue()[0].code) == SSL_R_NO_SHARED_CIPHER);
  CHECK(std::string_view{error.queue()[0].reason} == "no shared cipher");
  CHECK(std::string_view{error.queue()[0].data} == "first");
  CHECK(std::string_view{error.queue()[0].file} == "here.c");
  CHECK(std::string_view{error.queue()[0].function} == "here");
  CHECK(error.queue()[0].line == 12);
  CHECK(ERR_GET_LIB(error.queue()[1].code) == ERR_LIB_X509);
  CHECK(std::string_view{error.queue()[1].data}.empty());
  CHECK(ERR_GET_REASON(error.queue()[2].code) == SSL_R_BAD_LENGTH);
}

TEST_CASE("a queue that has overflowed is taken as OpenSSL kept it") {
  for (int i = 0; i != 40; ++i) raise(SSL_R_BAD_LENGTH, std::to_string(i).c_str());
  const Error error{{.operation = Operation::read}};
  CHECK(::ERR_peek_error() == 0);
  REQUIRE(error.queue().size() >= 15);
  CHECK(std::string_view{error.queue().back().data} == "39");
}

TEST_CASE("texts too long for an error are cut, not overrun") {
  const std::string text(3000, 'x');
  for (int i = 0; i != 16; ++i) raise(SSL_R_BAD_LENGTH, text.c_str());
  const Error error{{.operation = Operation::read, .message = text, .subject = text}};
  CHECK(says(error, "read: xxx"));
  for (const QueueEntry& entry : error.queue()) {
    REQUIRE(entry.reason != nullptr);
    REQUIRE(entry.data != nullptr);
    REQUIRE(entry.file != nullptr);
    REQUIRE(entry.function != nullptr);
  }
}

TEST_CASE("what is one readable line: operation, message, subject, cause and remedy") {
  const Error error{{.kind = ErrorKind::system,
                     .operation = Operation::load_trust,
                     .message = "cannot open the file",
                     .subject = "/no/such/file",
                     .remedy = "give another path",
                     .system_error = ENOENT}};
  CHECK(std::string_view{error.what()} ==
        "loading trusted certificates: cannot open the file \"/no/such/file\"; No such file or directory. "
        "Remedy: give another path");
  CHECK(error.kind() == ErrorKind::system);
  CHECK(error.operation() == Operation::load_trust);
  CHECK(error.system_error() == ENOENT);
  CHECK(error.remedy() == "give another path");
}

TEST_CASE("what never has a line break, even if somebody's text has") {
  raise(SSL_R_BAD_LENGTH, "two\nlines\r\n");
  const Error error{{.operation = Operation::read, .message = "a\nb", .subject = "c\nd\x1b[31m"}};
  const std::string_view text{error.what()};
  CHECK(text.find('\n') == std::string_view::npos);
  CHECK(text.find('\r') == std::string_view::npos);
  CHECK(text.find('\x1b') == std::string_view::npos);
}

TEST_CASE("an alert of the peer is a number and words") {
  raise(SSL_R_TLSV1_ALERT_UNKNOWN_CA);
  const Error error{{.operation = Operation::handshake}};
  CHECK(error.alert() == SSL_AD_UNKNOWN_CA);
  CHECK(says(error, "the peer sent the alert unknown CA"));
  CHECK(error.remedy() == "the peer does not trust the issuer of our certificate");
}

TEST_CASE("alerts that OpenSSL has no words for are said in ours") {
  raise(SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_REQUIRED);
  CHECK(says(Error{{.operation = Operation::read}}, "the peer sent the alert certificate required"));
  raise(SSL_AD_REASON_OFFSET + SSL_AD_INAPPROPRIATE_FALLBACK);
  CHECK(says(Error{{.operation = Operation::read}}, "the peer sent the alert inappropriate fallback"));
  raise(SSL_AD_REASON_OFFSET + SSL_AD_MISSING_EXTENSION);
  CHECK(says(Error{{.operation = Operation::read}}, "the peer sent the alert missing extension"));
}

TEST_CASE("an error that OpenSSL found itself is no alert") {
  raise(SSL_R_NO_SHARED_CIPHER);
  CHECK(Error{{.operation = Operation::handshake}}.alert() == -1);
}

TEST_CASE("a verify result is said in words, with its remedy") {
  const Error error{{.kind = ErrorKind::verification,
                     .operation = Operation::handshake,
                     .verify_result = X509_V_ERR_CERT_HAS_EXPIRED}};
  CHECK(error.verify_result() == X509_V_ERR_CERT_HAS_EXPIRED);
  CHECK(says(error, "certificate has expired"));
  CHECK(says(error, "renew it, and check this machine's clock"));
}

TEST_CASE("the remedy of the caller goes before the common one") {
  raise(SSL_R_NO_SHARED_CIPHER);
  CHECK(Error{{.remedy = "this one"}}.remedy() == "this one");
}

TEST_CASE("an allocation that failed inside OpenSSL makes the kind out_of_memory") {
  ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
  CHECK(Error{{.operation = Operation::read}}.kind() == ErrorKind::out_of_memory);
}

TEST_CASE("copies share one record and outlive the original") {
  Error copy;
  {
    raise(SSL_R_BAD_LENGTH, "kept");
    const Error original{{.operation = Operation::write, .message = "a message"}};
    copy = original;
    CHECK(copy.what() == original.what());
    const Error another{original};
    CHECK(another.queue().data() == original.queue().data());
  }
  CHECK(says(copy, "a message"));
  REQUIRE(copy.queue().size() == 1);
  CHECK(std::string_view{copy.queue()[0].data} == "kept");
}

TEST_CASE("an error is assigned to itself and from a temporary without harm") {
  Error error{{.operation = Operation::write, .message = "a message"}};
  const Error& same = error;
  error = same;
  CHECK(says(error, "a message"));
  error = Error{{.message = "another"}};
  CHECK(says(error, "another"));
  Error moved{std::move(error)};
  CHECK(says(moved, "another"));
}

TEST_CASE("the texts of an error do not depend on where they came from") {
  std::string message = "a message";
  std::string subject = "a subject";
  const Error error{{.operation = Operation::write, .message = message, .subject = subject}};
  message.assign(message.size(), '?');
  subject.assign(subject.size(), '?');
  CHECK(says(error, "a message \"a subject\""));
}

TEST_CASE("every operation and every kind has a name") {
  for (int i = 0; i <= static_cast<int>(Operation::wait); ++i) {
    CHECK(name(static_cast<Operation>(i)) != "unknown operation");
  }
  for (int i = 0; i <= static_cast<int>(ErrorKind::out_of_memory); ++i) {
    CHECK(name(static_cast<ErrorKind>(i)) != "unknown");
  }
}

TEST_CASE("every common cause has its remedy") {
  struct Cause {
    int library;
    int reason;
    std::string_view remedy;
  };
  const Cause causes[] = {
      {ERR_LIB_SSL, SSL_R_HTTP_REQUEST, "https"},
      {ERR_LIB_SSL, SSL_R_HTTPS_PROXY_REQUEST, "HTTP proxy"},
      {ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER, "does not speak TLS"},
      {ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL, "min_version and max_version"},
      {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "min_version and max_version"},
      {ERR_LIB_SSL, SSL_R_NO_PROTOCOLS_AVAILABLE, "min_version and max_version"},
      {ERR_LIB_SSL, SSL_R_UNKNOWN_PROTOCOL, "min_version and max_version"},
      {ERR_LIB_SSL, SSL_R_VERSION_TOO_LOW, "min_version and max_version"},
      {ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER, "or none for our kind of key"},
      {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "share no cipher, group or signature algorithm"},
      {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "or the server asks for a client certificate"},
      {ERR_LIB_SSL, SSL_R_NO_SUITABLE_KEY_SHARE, "share no cipher, group or signature algorithm"},
      {ERR_LIB_SSL, SSL_R_NO_SUITABLE_GROUPS, "share no cipher, group or signature algorithm"},
      {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY, "share no cipher, group or signature algorithm"},
      {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "refused our certificate"},
      {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_ACCESS_DENIED, "refused our certificate"},
      {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, "extended key usage"},
      {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "revoked"},
      {ERR_LIB_SSL, SSL_R_TLSV1_UNRECOGNIZED_NAME, "PeerName"},
      {ERR_LIB_SSL, SSL_R_NO_APPLICATION_PROTOCOL, "ALPN"},
      {ERR_LIB_SSL, SSL_R_EXCESSIVE_MESSAGE_SIZE, "SSL_CTX_set_max_cert_list"},
      {ERR_LIB_SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "the same socket"},
      {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_BAD_RECORD_MAC, "the same socket"},
      {ERR_LIB_SSL, SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED, "SSL_OP_LEGACY_SERVER_CONNECT"},
      {ERR_LIB_SSL, SSL_R_DH_KEY_TOO_SMALL, "security level"},
      {ERR_LIB_SSL, SSL_R_EE_KEY_TOO_SMALL, "security level"},
      {ERR_LIB_SSL, SSL_R_CA_KEY_TOO_SMALL, "security level"},
      {ERR_LIB_SSL, SSL_R_CA_MD_TOO_WEAK, "security level"},
      {ERR_LIB_SSL, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "share no cipher, group or signature algorithm"},
      {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_UNKNOWN_CA, "issuer of our certificate"},
      {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "refused our certificate"},
      {ERR_LIB_SSL, SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "renew it"},
      {ERR_LIB_SSL, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "an Identity"},
      {ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "an Identity"},
      {ERR_LIB_SSL, SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, "ALPN"},
      {ERR_LIB_SSL, SSL_R_BAD_LENGTH, ""},
      {ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH, "another certificate"},
      {ERR_LIB_X509, X509_R_KEY_TYPE_MISMATCH, ""},
      {ERR_LIB_PEM, PEM_R_NO_START_LINE, "PEM block"},
      {ERR_LIB_PEM, PEM_R_BAD_DECRYPT, ""},
      {ERR_LIB_EVP, SSL_R_HTTP_REQUEST, ""},
  };
  for (const Cause& cause : causes) {
    CAPTURE(cause.library, cause.reason);
    ERR_raise(cause.library, cause.reason);
    const Error error{{.operation = Operation::handshake}};
    CHECK(error.remedy().empty() == cause.remedy.empty());
    CHECK(error.remedy().find(cause.remedy) != std::string_view::npos);
  }
}

TEST_CASE("every common reason to refuse a certificate has its remedy") {
  const std::pair<int, std::string_view> reasons[] = {
      {X509_V_ERR_HOSTNAME_MISMATCH, "PeerName"},
      {X509_V_ERR_IP_ADDRESS_MISMATCH, "PeerName"},
      {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "signed its own certificate"},
      {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown CA"},
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "unknown CA"},
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown CA"},
      {X509_V_ERR_CERT_HAS_EXPIRED, "renew it"},
      {X509_V_ERR_CERT_NOT_YET_VALID, "clock"},
      {X509_V_ERR_INVALID_PURPOSE, "extended key usage"},
      {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "intermediate certificates"},
      {X509_V_ERR_CERT_REVOKED, "revoked"},
      {X509_V_ERR_UNABLE_TO_GET_CRL, "CRL"},
      {X509_V_ERR_CRL_HAS_EXPIRED, "CRL"},
      {X509_V_ERR_INVALID_CA, "basic constraints"},
      {X509_V_ERR_INVALID_NON_CA, "basic constraints"},
      {X509_V_ERR_PATH_LENGTH_EXCEEDED, "basic constraints"},
      {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "key usage"},
      {X509_V_ERR_CERT_CHAIN_TOO_LONG, "SSL_CTX_set_verify_depth"},
      {X509_V_ERR_PERMITTED_VIOLATION, "name constraints"},
      {X509_V_ERR_EXCLUDED_VIOLATION, "name constraints"},
      {X509_V_ERR_EE_KEY_TOO_SMALL, "security level"},
      {X509_V_ERR_CA_KEY_TOO_SMALL, "security level"},
      {X509_V_ERR_CA_MD_TOO_WEAK, "security level"},
      {X509_V_ERR_APPLICATION_VERIFICATION, ""},
  };
  for (const auto& [reason, remedy] : reasons) {
    CAPTURE(reason);
    const Error error{{.operation = Operation::handshake, .verify_result = reason}};
    CHECK(error.remedy().empty() == remedy.empty());
    CHECK(error.remedy().find(remedy) != std::string_view::npos);
  }
}

TEST_CASE("descriptors that ran out, and a peer that is gone, have their remedies") {
  const std::pair<int, std::string_view> numbers[] = {
      {EPIPE, "the peer is gone"},
      {ECONNRESET, "the peer is gone"},
      {EMFILE, "raise the limit"},
      {ENFILE, "raise the limit"},
      {ENOTCONN, "the socket is not connected"},
      {ECONNREFUSED, "nothing accepts connections"},
      {ETIMEDOUT, "does not answer"},
      {EHOSTUNREACH, "no way to this address"},
      {ENETUNREACH, "no way to this address"},
      {EBADF, "closed while it was in use"},
      {EACCES, "owner and the mode"},
      {ENOENT, "working directory"},
      {EIO, ""},
  };
  for (const auto& [number, remedy] : numbers) {
    CAPTURE(number);
    const Error error{{.kind = ErrorKind::system, .operation = Operation::read, .system_error = number}};
    CHECK(error.remedy().empty() == remedy.empty());
    CHECK(error.remedy().find(remedy) != std::string_view::npos);
  }
}

TEST_CASE("the end of a stream that failed is not told beside the failure") {
  raise(SSL_R_UNEXPECTED_EOF_WHILE_READING);
  const Error failed{{.kind = ErrorKind::system, .operation = Operation::handshake, .system_error = ECONNREFUSED}};
  CHECK_FALSE(says(failed, "unexpected eof"));
  CHECK(failed.queue().empty());
  CHECK(::ERR_peek_error() == 0);
  raise(SSL_R_UNEXPECTED_EOF_WHILE_READING);
  CHECK(says(Error{{.operation = Operation::handshake}}, "unexpected eof"));
}

TEST_CASE("a want of descriptors, memory or rights goes before the refusal that follows from it") {
  for (const int number : {EMFILE, ENFILE, ENOMEM, EACCES}) {
    ERR_raise(ERR_LIB_SYS, number);
    raise(SSL_R_CERTIFICATE_VERIFY_FAILED);
    const Error error{{.kind = ErrorKind::verification,
                       .operation = Operation::handshake,
                       .verify_result = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY}};
    CHECK(error.system_error() == number);
    CHECK(error.kind() == ErrorKind::verification);
    CHECK((error.remedy().find("unknown CA") == std::string_view::npos) == (number != ENOMEM));
  }
  ERR_raise(ERR_LIB_SYS, ENOENT);  // a file that is not there is no want
  const Error error{{.operation = Operation::handshake, .verify_result = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY}};
  CHECK(error.system_error() == 0);
  CHECK(error.remedy().find("unknown CA") != std::string_view::npos);
}

TEST_CASE("of two alerts and two remedies, the first counts") {
  raise(SSL_R_TLSV1_ALERT_UNKNOWN_CA);
  raise(SSL_R_SSLV3_ALERT_BAD_CERTIFICATE);
  const Error error{{.operation = Operation::handshake}};
  CHECK(error.alert() == 48);
  CHECK(error.remedy() == "the peer does not trust the issuer of our certificate");
  CHECK(error.queue().size() == 2);
}

TEST_CASE("an entry without a function is told without one") {
  ::OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr);
  ::ERR_new();
  ::ERR_set_debug("", 0, "");
  ::ERR_set_error(ERR_LIB_SSL, SSL_R_BAD_LENGTH, nullptr);
  const Error error{{.operation = Operation::write}};
  CHECK(says(error, "OpenSSL says: bad length"));
  CHECK_FALSE(says(error, "bad length in"));
}

TEST_CASE("what never has a control character, not even the one behind the letters") {
  const Error error{{.operation = Operation::name_peer, .message = "no name", .subject = "a\x7f\x01z"}};
  CHECK_FALSE(says(error, "\x7f"));
  CHECK_FALSE(says(error, "\x01"));
}

TEST_CASE("an operation or a kind that no enumerator names is called unknown") {
  CHECK(name(static_cast<Operation>(99)) == "unknown operation");
  CHECK(name(static_cast<ErrorKind>(99)) == "unknown");
}
