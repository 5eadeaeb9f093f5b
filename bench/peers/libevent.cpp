// SPDX-License-Identifier: MIT
// libevent's bufferevent_openssl: it owns both buffers; the script is pulled along by its callbacks.
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>

#include "../support/openssl_side.hpp"

namespace bench {
namespace {

constexpr std::size_t most_queued = 256 << 10;  // above this a writer waits until half has gone

struct Connection {
  bufferevent* events = nullptr;
  SSL* ssl = nullptr;
  Script* script = nullptr;  // null: not playing
  event_base* loop = nullptr;
  std::size_t* playing = nullptr;
};

void follow_script(Connection& connection) {
  evbuffer* const output = ::bufferevent_get_output(connection.events);
  evbuffer* const input = ::bufferevent_get_input(connection.events);
  while (connection.script != nullptr) {
    const Step step = connection.script->next();
    switch (step.kind) {
      case Step::Kind::write:
        if (::evbuffer_get_length(output) > most_queued) return;
        require(::bufferevent_write(connection.events, step.bytes.data(), step.bytes.size()) == 0, "bufferevent_write");
        connection.script->wrote(step.bytes.size());
        break;
      case Step::Kind::flush:  // it flushes by itself; the loop has to run for it
        connection.script->flushed();
        break;
      case Step::Kind::read: {
        if (::evbuffer_get_length(input) == 0) return;
        evbuffer_iovec part{};
        ::evbuffer_peek(input, -1, nullptr, &part, 1);
        connection.script->received({static_cast<std::byte*>(part.iov_base), part.iov_len});
        ::evbuffer_drain(input, part.iov_len);
        break;
      }
      case Step::Kind::end:
        if (::evbuffer_get_length(output) != 0) return;  // not gone yet
        connection.script = nullptr;
        if (--*connection.playing == 0) ::event_base_loopbreak(connection.loop);
        return;
    }
  }
}

void on_data(bufferevent*, void* context) { follow_script(*static_cast<Connection*>(context)); }

void on_event(bufferevent*, short what, void* context) {
  auto& connection = *static_cast<Connection*>(context);
  if ((what & BEV_EVENT_CONNECTED) != 0) {
    ::event_base_loopbreak(connection.loop);
  } else {
    require(connection.script == nullptr, "libevent: the connection broke");
  }
}

class LibeventPeer final : public Peer {
 public:
  explicit LibeventPeer(const Setup& setup) : side_(setup), role_(setup.side), loop_(::event_base_new()) {
    require(loop_ != nullptr, "event_base_new");
  }
  ~LibeventPeer() override {
    free_all();
    ::event_base_free(loop_);
  }

  void open(int descriptor) override {
    auto& connection = *connections_.emplace_back(std::make_unique<Connection>());
    require(::evutil_make_socket_nonblocking(descriptor) == 0, "evutil_make_socket_nonblocking");
    connection.loop = loop_;
    connection.ssl = side_.connection();
    const auto state = role_ == Side::client ? BUFFEREVENT_SSL_CONNECTING : BUFFEREVENT_SSL_ACCEPTING;
    connection.events =
        ::bufferevent_openssl_socket_new(loop_, descriptor, connection.ssl, state, BEV_OPT_CLOSE_ON_FREE);
    require(connection.events != nullptr, "bufferevent_openssl_socket_new");
    ::bufferevent_setcb(connection.events, on_data, on_data, on_event, &connection);
    ::bufferevent_setwatermark(connection.events, EV_WRITE, most_queued / 2, 0);
    ::bufferevent_enable(connection.events, EV_READ | EV_WRITE);
    run();
  }

  void play(std::size_t first, std::span<Script> scripts) override {
    std::size_t playing = scripts.size();
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      Connection& connection = *connections_[first + i];
      connection.playing = &playing;
      connection.script = &scripts[i];
      follow_script(connection);
    }
    if (playing != 0) run();
  }

  void close() override {
    for (auto& connection : connections_) ::SSL_shutdown(connection->ssl);
    free_all();
  }

  Facts facts(std::size_t connection) override { return openssl_facts(connections_[connection]->ssl); }

 private:
  void run() { require(::event_base_dispatch(loop_) == 0, "event_base_dispatch"); }

  void free_all() {
    for (auto& connection : connections_) ::bufferevent_free(connection->events);
    connections_.clear();
  }

  OpenSslSide side_;
  Side role_;
  event_base* loop_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace

const char* const peer_name = "libevent";
std::unique_ptr<Peer> make_peer(const Setup& setup) { return std::make_unique<LibeventPeer>(setup); }

}  // namespace bench
