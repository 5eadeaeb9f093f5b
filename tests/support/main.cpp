// SPDX-License-Identifier: MIT
// The entry point of every test program, with both major versions of Catch2.
// SIGPIPE keeps its default action: a library that raised it would kill the run, and should.
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using ListenerBase = Catch::EventListenerBase;
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
using ListenerBase = Catch::TestEventListenerBase;
#endif

#include <cstdio>
#include <string>

#include <openssl/err.h>

#include "support/openssl_memory.hpp"

namespace {

int tests_that_left_errors = 0;

/// After every test case OpenSSL's error queue must be empty: what one test leaves there poisons the next connection.
class EmptyErrorQueue : public ListenerBase {
 public:
  using ListenerBase::ListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo& test) override {
    ListenerBase::testCaseStarting(test);
    name_ = test.name;
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    ListenerBase::testCaseEnded(stats);
    if (::ERR_peek_error() == 0) return;
    ++tests_that_left_errors;
    std::fprintf(stderr, "\nFAILED: OpenSSL's error queue is not empty after the test case \"%s\":\n", name_.c_str());
    ::ERR_print_errors_fp(stderr);  // prints and clears
  }

 private:
  std::string name_;
};

CATCH_REGISTER_LISTENER(EmptyErrorQueue)

}  // namespace

int main(int argc, char** argv) {
  tlsmode_tests::count_openssl_memory();  // only possible before OpenSSL's first allocation
  const int failures = Catch::Session{}.run(argc, argv);
  return failures != 0 ? failures : tests_that_left_errors;
}
