"""The plans of traffic of a server, with all that watches them, put together."""

from serving.routing.guard import Guard
from serving.routing.router import Router
from serving.routing.shadow import Shadow
from serving.versions.registry import ModelRegistry


class Traffic:
    """Follows plans, looks for alarms, and asks challengers in the shadow.

    Attributes:
        router: The plans.
        shadow: The copies of requests.
    """

    def __init__(self, router: Router, registry: ModelRegistry) -> None:
        """Read the plans.

        Args:
            router: The plans, of which none were read yet.
            registry: The models; it keeps the versions loaded that the plans name.

        Raises:
            SettingsError: If the plan file is there and cannot be used.
        """
        self.router = router
        self.shadow = Shadow(router, registry)
        self._guard = Guard(router, registry)
        router.labels = registry.labels
        router.changed = registry.look
        router.offer = self.shadow.offer
        router.read_first()

    def start(self) -> None:
        """Begin to follow the file, and to watch."""
        self.router.start()
        self._guard.start()
        self.shadow.start()

    def stop(self) -> None:
        """End all of it."""
        self.router.stop()
        self._guard.stop()
        self.shadow.stop()
