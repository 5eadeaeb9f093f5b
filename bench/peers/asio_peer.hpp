// SPDX-License-Identifier: MIT
// What the two Asio peers share: a stream per connection, one io_context, one thread. `Play` starts a script on a connection.
#ifndef TLSMODE_BENCH_PEERS_ASIO_PEER_HPP
#define TLSMODE_BENCH_PEERS_ASIO_PEER_HPP

#define ASIO_STANDALONE
#include <asio.hpp>
#include <asio/ssl.hpp>

#include "../support/openssl_side.hpp"

namespace bench {

struct AsioConnection {
  AsioConnection(asio::io_context& loop, asio::ssl::context& tls, int descriptor) : stream(loop, tls) {
    stream.next_layer().assign(asio::ip::tcp::v4(), descriptor);
  }

  asio::ssl::stream<asio::ip::tcp::socket> stream;
  std::vector<std::byte> buffer;  // exists while a script plays
  Script* script = nullptr;
};

inline void check(const asio::error_code& error, const char* what) {
  if (!error) return;
  std::fprintf(stderr, "%s\n", error.message().c_str());
  fail(what);
}

template <auto play_script>
class AsioPeer final : public Peer {
 public:
  explicit AsioPeer(const Setup& setup) : tls_(asio::ssl::context::tls), settings_(tls_.native_handle(), setup) {}

  void open(int descriptor) override {
    auto& connection = *connections_.emplace_back(std::make_unique<AsioConnection>(loop_, tls_, descriptor));
    settings_.prepare(connection.stream.native_handle());
    const auto side =
        settings_.side() == Side::client ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
    connection.stream.async_handshake(side, [](const asio::error_code& error) { check(error, "async_handshake"); });
    run();
  }

  void play(std::size_t first, std::span<Script> scripts) override {
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      AsioConnection& connection = *connections_[first + i];
      connection.script = &scripts[i];
      connection.buffer.resize(scripts[i].read_size());
      play_script(connection);
    }
    run();
    for (std::size_t i = 0; i < scripts.size(); ++i) std::vector<std::byte>().swap(connections_[first + i]->buffer);
  }

  void close() override {
    for (auto& connection : connections_) {
      // The peer's own goodbye, or its hanging up first: both are the end.
      connection->stream.async_shutdown([](const asio::error_code&) {});
    }
    run();
    connections_.clear();
  }

  Facts facts(std::size_t connection) override {
    return openssl_facts(connections_[connection]->stream.native_handle());
  }

 private:
  void run() {
    loop_.restart();
    loop_.run();
  }

  asio::io_context loop_{1};
  asio::ssl::context tls_;
  OpenSslSettings settings_;
  std::vector<std::unique_ptr<AsioConnection>> connections_;
};

}  // namespace bench

#endif
