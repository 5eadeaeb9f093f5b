// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_FUZZ_FORGER_HPP
#define TLSMODE_TESTS_FUZZ_FORGER_HPP

// Records that decrypt, with whatever in them: what a hostile peer can send who has done an honest handshake.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

namespace tlsmode_tests {

class Forger {
 public:
  /// Goes on where `ssl`, of make_raw_ssl(), is after its handshake. It must not send anything itself from then on.
  explicit Forger(::SSL* ssl);

  /// A record of that type and content, as it travels. Extent: `padding` zeros follow the content in TLS 1.3.
  [[nodiscard]] std::string record(unsigned type, std::string_view content, std::size_t padding = 0);

  /// TLS 1.3: a KeyUpdate, after which the new keys are used.
  [[nodiscard]] std::string key_update(bool ask);

  [[nodiscard]] bool is_tls13() const noexcept { return is_tls13_; }

 private:
  void use_secret(std::string secret);

  bool is_tls13_;
  std::string secret_;
  std::string key_;
  std::string iv_;  // all of it in TLS 1.3, its first four bytes in TLS 1.2
  std::uint64_t sequence_;
};

}  // namespace tlsmode_tests

#endif
