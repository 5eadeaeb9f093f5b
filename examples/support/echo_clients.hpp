// SPDX-License-Identifier: MIT
#ifndef TLSMODE_EXAMPLES_SUPPORT_ECHO_CLIENTS_HPP
#define TLSMODE_EXAMPLES_SUPPORT_ECHO_CLIENTS_HPP

// Clients of an echo server, each in a thread, all at once. They share a context: making connections of it is safe.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/tlsmode.hpp>
#include <tlsmode/wait.hpp>

#include "support/echo_server.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace examples {

class EchoClients {
 public:
  EchoClients(std::uint16_t port, std::size_t count) : context_{trust()} {
    for (std::size_t i = 0; i != count; ++i) {
      threads_.emplace_back([this, port, i] { talk(port, i); });
    }
  }
  EchoClients(const EchoClients&) = delete;
  EchoClients& operator=(const EchoClients&) = delete;
  ~EchoClients() {
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

 private:
  void talk(std::uint16_t port, std::size_t number) const {
    tlsmode::Connection connection{context_, connect_to(port, 8192), tlsmode::PeerName{"server.example"}};
    tlsmode::PollWaiter waiter{connection.transport(), std::chrono::seconds{20}};
    std::vector<unsigned char> question(40'000);
    std::vector<unsigned char> answer(question.size());
    for (std::size_t round = 0; round != 5; ++round) {
      for (std::size_t i = 0; i != question.size(); ++i) {
        question[i] = static_cast<unsigned char>((i + number) * (round + 1));
      }
      require(write_all(connection, question, waiter).status == tlsmode::WaitStatus::done);
      require(read_exactly(connection, answer, waiter).status == tlsmode::WaitStatus::done && answer == question);
    }
    require(close(connection, waiter).status == tlsmode::WaitStatus::done);
  }

  tlsmode::Context<tlsmode::Client> context_;
  std::vector<std::thread> threads_;
};

}  // namespace examples

#endif
