// SPDX-License-Identifier: MIT
// PEM, names, addresses, protocols and settings, as a user might get them from anywhere. The input: a byte that says
// what it is for; for PEM another that says which good text is damaged, and then three bytes for every damage.
#include <cstring>
#include <string>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "fuzz/fuzz.hpp"
#include "support/tls_pair.hpp"

namespace {

using namespace tlsmode_tests;

template <typename Attempt>
void attempt(Attempt attempt) {
  try {
    attempt();
  } catch (const tlsmode::Error& error) {
    const std::string_view text{error.what()};
    require(error.kind() != tlsmode::ErrorKind::none && !text.empty(), "an error says what was wrong");
    for (const tlsmode::QueueEntry& entry : error.queue()) require(entry.code != 0, "the queue has what it has");
  }
  require(::ERR_peek_error() == 0, "the error queue is empty after every call");
}

/// A good text, and what the input makes of it.
std::string damaged_pem(Input& input) {
  static const std::string chain = default_authority().intermediate().issue().chain_pem() + default_authority().pem();
  static const std::string key = default_server().key_pem();
  static const std::string encrypted = default_server().encrypted_key_pem("secret");
  static const std::string good[] = {chain, key, encrypted, default_server().chain_pem(), chain + key, key + chain};
  const unsigned choice = input.byte();
  std::string text = choice % 8 < 6 ? good[choice % 8] : std::string{};
  while (!input.empty() && !text.empty()) {
    const unsigned what = input.byte();
    const std::size_t place = input.number() % text.size();
    switch (what % 8) {
      case 0: text[place] = static_cast<char>(input.byte()); break;
      case 1: text.resize(place); break;
      case 2: text.erase(place, what / 8 + 1); break;
      case 3: text.insert(place, input.text(what / 8)); break;
      case 4: text.insert(place, text.substr(place / 2, 64)); break;
      case 5: text.append(text, place, 2000); break;
      case 6: text.insert(place, "\n-----BEGIN CERTIFICATE-----\n"); break;
      default: text[place] = static_cast<char>(text[place] ^ (1 << what / 8 % 8));
    }
    if (text.size() > 16'384) break;
  }
  return text.empty() ? std::string{input.rest()} : text;
}

void try_trust(std::string_view text) {
  attempt([&] { static_cast<void>(tlsmode::Trust::pem(text)); });
  attempt([&] {
    const tlsmode::Trust trust = tlsmode::Trust::pem(text);
    const tlsmode::Context<tlsmode::Client> context{trust};
    require(context.native_handle() != nullptr, "a trust makes a context");
  });
}

void try_identity(std::string_view chain, std::string_view key, std::string_view passphrase) {
  attempt([&] {
    const tlsmode::Identity identity = tlsmode::Identity::from_pem(chain, key, passphrase);
    require(::X509_check_private_key(identity.certificate(), identity.key()) == 1, "an identity is a pair");
    const tlsmode::Context<tlsmode::Server> context{identity};
  });
}

void try_files(std::string_view text) {
  static const TemporaryDirectory directory;
  const std::string path = directory.write("text.pem", text);
  attempt([&] { static_cast<void>(tlsmode::Trust::file(path)); });
  attempt([&] { static_cast<void>(tlsmode::Identity::from_pem_files(path, path)); });
}

void try_name(std::string_view text) {
  attempt([&] {
    const tlsmode::PeerName name{text};
    require(!name.text().empty() && name.text().size() <= 253, "a name has 1 to 253 bytes");
    require(name.text().find('\0') == std::string_view::npos, "a name has no NUL");
    require(text.starts_with(name.text()) && text.size() - name.text().size() <= 1, "a name is what was given");
    const std::string_view given = name.text();
    require(!name.is_on(default_server().certificate()) || given == "127.0.0.1" || given.find(':') != given.npos ||
                given.size() == std::strlen("server.example"),
            "a certificate has only the names that it has");
    static const tlsmode::Context<tlsmode::Client> context{trust_in(default_authority())};
    const tlsmode::Connection connection{context, tlsmode::MemoryTransport{}, name};
  });
}

void try_protocols(Input& input) {
  const std::string_view first = input.text(input.byte());
  const std::string_view second = input.text(input.byte());
  const std::string_view third = input.text(input.number());
  attempt([&] {
    const tlsmode::detail::AlpnList list{first, second, third};
    require(list.size() == first.size() + second.size() + third.size() + 3, "a list has all its names");
    tlsmode::Context<tlsmode::Client> client{tlsmode::Trust{}};
    client.set_alpn({first, second, third});
    static const tlsmode::Identity identity = identity_of(default_server());
    tlsmode::Context<tlsmode::Server> server{identity};
    server.set_alpn({second});
    server.set_alpn({third, first});
    unsigned char size = 0;
    const unsigned char* chosen = nullptr;
    tlsmode::detail::AlpnList ours{second};
    const int answer = tlsmode::detail::select_alpn(nullptr, &chosen, &size, list.data(), list.size(), &ours);
    require(answer == SSL_TLSEXT_ERR_OK && std::string_view{reinterpret_cast<const char*>(chosen), size} == second,
            "a server chooses its first that is offered");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  static tlsmode::Context<tlsmode::Client> context{trust_in(default_authority())};
  static const std::string chain = default_server().chain_pem();
  static const std::string key = default_server().key_pem();
  switch (input.byte() % 12) {
    case 0: try_trust(damaged_pem(input)); break;
    case 1: try_identity(damaged_pem(input), key, {}); break;
    case 2: try_identity(chain, damaged_pem(input), "secret"); break;
    case 3: {
      const std::string both = damaged_pem(input);
      try_identity(both, both, {});
      break;
    }
    case 4: try_files(damaged_pem(input)); break;
    case 5: try_name(input.rest()); break;
    case 6: try_protocols(input); break;
    case 7: attempt([&] { context.set_cipher_list(input.rest()); }); break;
    case 8: attempt([&] { context.set_cipher_suites(input.rest()); }); break;
    case 9: attempt([&] { context.set_groups(input.rest()); }); break;
    case 10: attempt([&] { static_cast<void>(tlsmode::Trust::file(input.rest())); }); break;
    default: attempt([&] { static_cast<void>(tlsmode::Trust::directory(input.rest())); });
  }
  return 0;
}
