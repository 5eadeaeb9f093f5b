// SPDX-License-Identifier: MIT
// PEM, names, addresses and settings, as a user might get them from anywhere.
#include <string_view>

#include "fuzz/fuzz.hpp"
#include "support/tls_pair.hpp"

namespace {

using namespace tlsmode_tests;

template <typename Attempt>
void attempt(Attempt attempt) {
  try {
    attempt();
  } catch (const tlsmode::Error& error) {
    require(error.kind() != tlsmode::ErrorKind::none && *error.what() != '\0', "an error says what was wrong");
  }
  require(::ERR_peek_error() == 0, "the error queue is empty after every call");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  static tlsmode::Context<tlsmode::Client> context{trust_in(default_authority())};
  static const std::string chain = default_server().chain_pem();
  const std::size_t choice = input.byte();
  const auto rest = input.rest();
  const std::string_view text{reinterpret_cast<const char*>(rest.data()), rest.size()};
  switch (choice % 9) {
    case 0: attempt([&] { static_cast<void>(tlsmode::Trust::pem(text)); }); break;
    case 1: attempt([&] { static_cast<void>(tlsmode::Identity::from_pem(text, text)); }); break;
    case 2: attempt([&] { static_cast<void>(tlsmode::Identity::from_pem(chain, text, "secret")); }); break;
    case 3:
      attempt([&] {
        const tlsmode::PeerName name{text};
        require(!name.text().empty() && name.text().find('\0') == std::string_view::npos, "a name is a name");
      });
      break;
    case 4: attempt([&] { context.set_alpn({text, text.substr(0, text.size() / 2)}); }); break;
    case 5: attempt([&] { context.set_cipher_list(text); }); break;
    case 6: attempt([&] { context.set_cipher_suites(text); }); break;
    case 7: attempt([&] { context.set_groups(text); }); break;
    default: attempt([&] { static_cast<void>(tlsmode::Trust::file(text)); });
  }
  return 0;
}
