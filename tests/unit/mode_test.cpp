// SPDX-License-Identifier: MIT
#include <tlsmode/mode.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "support/catch.hpp"

using tlsmode::Mode;

namespace {

/// Every SSL_MODE_* macro of the installed ssl.h, listed while building.
const std::map<std::string, std::uint32_t> installed_modes{
#include "ssl_modes.hpp"
};

/// "SSL_MODE_RELEASE_BUFFERS" as the enumerator is called: "release_buffers".
std::string enumerator_of(std::string_view macro) {
  std::string name{macro.substr(std::string_view{"SSL_MODE_"}.size())};
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

constexpr Mode all_modes[] = {Mode::enable_partial_write,
                              Mode::accept_moving_write_buffer,
                              Mode::auto_retry,
                              Mode::no_auto_chain,
                              Mode::release_buffers,
                              Mode::send_clienthello_time,
                              Mode::send_serverhello_time,
                              Mode::send_fallback_scsv,
                              Mode::async,
                              Mode::dtls_sctp_label_length_bug};

}  // namespace

TEST_CASE("the enum lists every flag of the installed ssl.h") {
  for (const auto& [macro, value] : installed_modes) {
    CAPTURE(macro);
    CHECK(name(static_cast<Mode>(value)) == enumerator_of(macro));
  }
}

TEST_CASE("the installed ssl.h has every flag of the enum") {
  CHECK(installed_modes.size() == std::size(all_modes));
  for (const Mode mode : all_modes) {
    CAPTURE(name(mode));
    std::string macro = "SSL_MODE_";
    for (const char c : name(mode)) macro += c == '_' ? c : static_cast<char>(c - 'a' + 'A');
    REQUIRE(installed_modes.contains(macro));
    CHECK(installed_modes.at(macro) == static_cast<std::uint32_t>(mode));
  }
}

TEST_CASE("each mode has the value of its macro") {
  CHECK(static_cast<std::uint32_t>(Mode::enable_partial_write) == SSL_MODE_ENABLE_PARTIAL_WRITE);
  CHECK(static_cast<std::uint32_t>(Mode::accept_moving_write_buffer) == SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  CHECK(static_cast<std::uint32_t>(Mode::auto_retry) == SSL_MODE_AUTO_RETRY);
  CHECK(static_cast<std::uint32_t>(Mode::no_auto_chain) == SSL_MODE_NO_AUTO_CHAIN);
  CHECK(static_cast<std::uint32_t>(Mode::release_buffers) == SSL_MODE_RELEASE_BUFFERS);
  CHECK(static_cast<std::uint32_t>(Mode::send_clienthello_time) == SSL_MODE_SEND_CLIENTHELLO_TIME);
  CHECK(static_cast<std::uint32_t>(Mode::send_serverhello_time) == SSL_MODE_SEND_SERVERHELLO_TIME);
  CHECK(static_cast<std::uint32_t>(Mode::send_fallback_scsv) == SSL_MODE_SEND_FALLBACK_SCSV);
  CHECK(static_cast<std::uint32_t>(Mode::async) == SSL_MODE_ASYNC);
  CHECK(static_cast<std::uint32_t>(Mode::dtls_sctp_label_length_bug) == SSL_MODE_DTLS_SCTP_LABEL_LENGTH_BUG);
}

TEST_CASE("a value that is not exactly one known flag has no name") {
  CHECK(name(static_cast<Mode>(0)).empty());
  CHECK(name(static_cast<Mode>(0x200)).empty());
  CHECK(name(static_cast<Mode>(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY)).empty());
}
