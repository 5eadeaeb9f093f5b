// SPDX-License-Identifier: MIT
// A connection of any kind, its caller, and a hostile peer in every state: bytes of its own, an honest handshake that is
// damaged on its way, and after an honest handshake whatever a holder of the keys may send. The input: three bytes about
// the connection, then three for every step, and the bytes that the step sends.
#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "fuzz/forger.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/raw_ssl.hpp"
#include "fuzz/side.hpp"

namespace {

using namespace tlsmode_tests;
using tlsmode::Role;

class Hostile {
 public:
  Hostile(::SSL* ssl, Lane& to_victim, Said& said) : ssl_{ssl}, lane_{to_victim}, said_{said} {}

  void handshake() {
    ::SSL_do_handshake(ssl_);
    ::ERR_clear_error();
  }
  /// From now on it forges its records, if the handshake is done.
  void forge() {
    if (::SSL_is_init_finished(ssl_) == 1) forger_.emplace(ssl_);
  }

  void act(unsigned what, unsigned how, Input& input) {
    switch (what % 16) {
      case 0: send(input.text(how % 300)); break;
      case 1: send_record(20 + how % 6, input.text(how / 8 % 600)); break;
      case 2:
        if (!lane_.bytes.empty()) lane_.bytes[how % lane_.bytes.size()] ^= static_cast<std::byte>(input.byte() | 1U);
        break;
      case 3: lane_.bytes.resize(lane_.bytes.size() - how % (lane_.bytes.size() + 1)); break;
      case 4: send(std::string{reinterpret_cast<const char*>(lane_.bytes.data()), lane_.bytes.size() % 4096}); break;
      case 5: handshake(); break;
      case 6: say(how % 2000); break;
      case 7: update_keys(how % 64 + 1, how / 64 % 2 == 0); break;
      case 8: renegotiate(); break;
      case 9: alert(how); break;
      case 10: listen(); break;
      case 11: forged(input.byte(), input.text(how % 400), how / 400); break;
      case 12:
        for (unsigned i = 0; i != how % 64; ++i) forged(SSL3_RT_APPLICATION_DATA, {}, how / 64 % 8);
        break;
      case 13: message(how, input); break;
      case 14:
        for (unsigned i = 0; i != how % 64; ++i) send_record(SSL3_RT_CHANGE_CIPHER_SPEC, "\1");
        break;
      default:
        lane_.ended = lane_.ended || how % 2 == 0;
        if (how % 4 == 3) lane_.receive_error = ECONNRESET;
    }
  }

 private:
  void send(std::string_view bytes) {
    const auto* const first = reinterpret_cast<const std::byte*>(bytes.data());
    lane_.bytes.insert(lane_.bytes.end(), first, first + bytes.size());
  }
  void send_record(unsigned type, std::string_view content) {
    const char header[] = {static_cast<char>(type), '\3', '\3', static_cast<char>(content.size() >> 8U),
                           static_cast<char>(content.size())};
    send({header, sizeof header});
    send(content);
  }
  void forged(unsigned type, std::string_view content, std::size_t padding = 0) {
    if (!forger_) return;
    if (type == SSL3_RT_APPLICATION_DATA && !content.empty()) {
      const std::string ours = stream(said_.seed, said_.accepted, content.size());
      said_.most = said_.accepted += ours.size();
      return send(forger_->record(type, ours, padding));
    }
    send(forger_->record(type, content, padding));
  }
  void message(unsigned how, Input& input) {
    const std::string_view content = input.text(how % 300);
    std::string made{static_cast<char>(input.byte() % 26), '\0', static_cast<char>(content.size() >> 8U),
                     static_cast<char>(content.size())};
    made += content;
    forged(SSL3_RT_HANDSHAKE, made);
  }
  void say(std::size_t size) {
    const std::string text = stream(said_.seed, said_.accepted, size);
    if (forger_) return forged(SSL3_RT_APPLICATION_DATA, text);
    std::size_t put = 0;
    said_.most = std::max(said_.most, said_.accepted + size);
    if (::SSL_write_ex(ssl_, text.data(), text.size(), &put) == 1) said_.accepted += put;
    ::ERR_clear_error();
  }
  void update_keys(unsigned times, bool ask) {
    for (unsigned i = 0; i != times; ++i) {
      if (forger_ && forger_->is_tls13()) {
        send(forger_->key_update(ask));
      } else if (!forger_) {
        ::SSL_key_update(ssl_, ask ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
        handshake();
      }
    }
  }
  void renegotiate() {
    if (forger_) return forged(SSL3_RT_HANDSHAKE, std::string_view{"\0\0\0\0", 4});
    ::SSL_renegotiate(ssl_);
    handshake();
  }
  void alert(unsigned how) {
    said_.may_close = true;
    if (forger_) {
      const char alert[] = {static_cast<char>(how % 3), static_cast<char>(how / 3 % 130)};
      return forged(SSL3_RT_ALERT, {alert, sizeof alert});
    }
    ::SSL_shutdown(ssl_);
    ::SSL_set_shutdown(ssl_, 0);  // and goes on as if it had not said goodbye
    ::ERR_clear_error();
  }
  void listen() {
    char buffer[4096];
    std::size_t got = 0;
    while (::SSL_read_ex(ssl_, buffer, sizeof buffer, &got) == 1) continue;
    ::ERR_clear_error();
  }

  ::SSL* ssl_;
  Lane& lane_;
  Said& said_;
  std::optional<Forger> forger_;
};

void run(Input& input) {
  const unsigned kind = input.byte();
  const unsigned start = input.byte();
  const unsigned rounds = input.byte() % 8;  // of an honest handshake, before the first step; from 6 on it then forges
  const bool is_client = kind / kinds % 2 == 0;
  const int version = start % 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
  const bool resumes = start / 2 % 4 != 0;
  const Role role = is_client ? Role::client : Role::server;

  Wire wire;
  Lane& out = is_client ? wire.to_server : wire.to_client;
  Lane& in = is_client ? wire.to_client : wire.to_server;
  WireEnd own_end{out, in};
  WireEnd peer_end{in, out};
  Said said{.seed = 0};
  Said peer_said{.seed = 1U << 30U, .may_fail = true};
  bool hurt = true;

  const SslHandle raw = make_raw_ssl(!is_client, peer_end);
  auto connection = make_connection(role, kind % kinds, own_end);
  set_version(raw.get(), version, resumes);
  set_version(connection->native_handle(), version, resumes);
  Side side{std::move(connection), out, in, said, peer_said, hurt};
  Hostile peer{raw.get(), in, peer_said};
  for (unsigned round = 0; round != rounds; ++round) {
    side.handshake();
    peer.handshake();
  }
  if (rounds >= 6) peer.forge();
  for (int steps = 0; steps != 300 && !input.empty(); ++steps) {
    const unsigned what = input.byte();
    const unsigned how = input.number();
    if (what % 2 == 0) {
      side.act(what / 2, how);
    } else {
      peer.act(what / 2, how, input);
    }
  }
  in.ended = true;
  for (int round = 0; round != 3 && side.exists(); ++round) side.carry_on();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  run(input);
  return 0;
}
