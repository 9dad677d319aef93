"""Cluster time: the one agenda that everything in the embedded cluster lives on."""

from lab.embedded.clock.agenda import EPOCH, Agenda, AgendaError, Timer

__all__ = ["EPOCH", "Agenda", "AgendaError", "Timer"]
