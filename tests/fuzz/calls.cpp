// SPDX-License-Identifier: MIT
// Sequences of calls and of network events over two connections. The peer reads exactly what was accepted, in order,
// once: each side writes a stream of its own, in which every byte tells its place.
#include <memory>
#include <string>

#include "fuzz/fuzz.hpp"
#include "support/tls_pair.hpp"

namespace {

using namespace tlsmode_tests;
using tlsmode::IoStatus;

[[nodiscard]] char stream_byte(std::size_t place) { return static_cast<char>((place * 131U) >> 3U); }
[[nodiscard]] std::string stream(std::size_t place, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i != size; ++i) {
    text[i] = stream_byte(place + i);
  }
  return text;
}

/// One side: what it was told is accepted, and what it heard.
template <typename Connection>
struct Side {
  Connection& connection;
  std::size_t accepted = 0;
  std::size_t heard = 0;
  std::string pending;  // where the pending write's bytes are
  bool over = false;    // said close_notify, or broken

  void note(IoStatus status) {
    check_promises(connection);
    over = over || status == IoStatus::failed || status == IoStatus::truncated;
  }

  void write(std::size_t size) {
    if (over || connection.pending_write().length != 0) {
      const std::string other(size, 'x');
      const tlsmode::WriteResult refused = connection.write(other);
      require(refused.bytes == 0 || size == 0, "a write that is refused takes nothing");
      return check_promises(connection);
    }
    pending = stream(accepted, size);
    const tlsmode::WriteResult result = connection.write(pending);
    accepted += result.bytes;
    note(result.status);
  }

  void retry(bool rightly) {
    if (connection.pending_write().length == 0 || over) {
      return;
    }
    tlsmode::WriteResult result{IoStatus::done, 0};
    if constexpr (requires { connection.retry(pending); }) {
      std::string elsewhere = pending;
      if (!rightly) {
        elsewhere.pop_back();
      }
      result = connection.retry(elsewhere);
      require(rightly || result.bytes == 0, "a retry with fewer bytes is refused");
    } else if constexpr (requires { connection.retry(); }) {
      if (!rightly) {
        pending.front() = static_cast<char>(pending.front() ^ 1);
      }
      const bool is_committed = connection.pending_write().committed != 0;
      result = connection.retry();
      require(rightly || !is_committed || result.bytes == 0, "a retry of edited bytes is refused");
      if (!rightly) {
        if (!is_committed) {
          over = true;  // the caller changed bytes that nobody had taken: they are what is written now
        }
        pending.front() = static_cast<char>(pending.front() ^ 1);
      }
    }
    if (!over) {
      accepted += result.bytes;
      note(result.status);
    }
  }

  void cancel() {
    if (!over) {
      accepted += connection.cancel_write();
    }
  }

  void read(std::size_t size, std::size_t said, bool peer_is_over) {
    std::string buffer(size, '\0');
    const tlsmode::ReadResult result = connection.read(buffer);
    check_promises(connection);
    if (!peer_is_over) {
      for (std::size_t i = 0; i != result.bytes; ++i) {
        require(buffer[i] == stream_byte(heard + i), "the peer reads what was written");
      }
      heard += result.bytes;
      require(heard <= said, "the peer reads no more than what was accepted or committed");
    }
  }
};

template <typename Rule>
void run(Input& input, int version) {
  using Pair = TlsPair<WithRule<tlsmode::Client, Rule>, WithRule<tlsmode::Server, Rule>>;
  TlsPairOptions options;
  options.configure = [version](::SSL_CTX* client, ::SSL_CTX*) { SSL_CTX_set_max_proto_version(client, version); };
  const auto pair = std::make_unique<Pair>(options);
  Side<decltype(pair->client)> client{.connection = pair->client, .pending = {}};
  Side<decltype(pair->server)> server{.connection = pair->server, .pending = {}};
  const auto said = [](const auto& side) { return side.accepted + side.connection.pending_write().committed; };
  for (int steps = 0; steps != 200 && !input.empty(); ++steps) {
    const std::size_t choice = input.byte();
    const auto act = [&](auto& me, auto& peer, Lane& out, Lane& in) {
      switch (choice >> 1U & 15U) {
        case 0: me.write(input.byte()); break;
        case 1: me.write(input.number()); break;
        case 2:
        case 3: me.retry(true); break;
        case 4: me.retry(false); break;
        case 5: me.cancel(); break;
        case 6:
        case 7: me.read(input.number() % 20'000 + 1, said(peer), peer.over); break;
        case 8: me.note(me.connection.handshake()); break;
        case 9: me.note(me.connection.flush()); break;
        case 10: out.budget = input.byte(); break;
        case 11: out.budget = input.number(); break;
        case 12: out.budget = unlimited; break;
        case 13:
          me.note(me.connection.update_keys(input.byte() % 2 == 0) == IoStatus::truncated ? IoStatus::truncated
                                                                                          : IoStatus::done);
          break;
        case 14: me.connection = std::decay_t<decltype(me.connection)>{std::move(me.connection)}; break;
        default:
          if (input.byte() % 8 == 0) {
            in.ended = true;
          } else {
            in.most_received = input.byte() + 1;
          }
      }
    };
    if (choice % 2 == 0) {
      act(client, server, pair->wire.to_server, pair->wire.to_client);
    } else {
      act(server, client, pair->wire.to_client, pair->wire.to_server);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const std::size_t first = input.byte();
  const int version = first % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  switch (first / 2 % 5) {
    case 0: run<tlsmode::StrictWrites>(input, version); break;
    case 1: run<tlsmode::PartialWrites>(input, version); break;
    case 2: run<tlsmode::MovingWrites>(input, version); break;
    case 3: run<tlsmode::PartialMovingWrites>(input, version); break;
    default: run<tlsmode::BufferedWrites>(input, version);
  }
  return 0;
}
