// SPDX-License-Identifier: MIT
#include <tlsmode/error.hpp>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace tlsmode;
using tlsmode_tests::says;

namespace {

/// Puts an entry of libssl into the queue, from the function "here" of the file "here.c".
void raise(int reason, const char* data = "") {
  ::OPENSSL_init_ssl(0, nullptr);  // the reasons in words
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
