"""Cameras of this machine as the kernel lists them, also where it lists nonsense."""

from pathlib import Path

from doorstep.sources.local_cameras import LocalCamera, local_cameras


def listed(folder: Path, device: str, name: str, index: str = "0") -> None:
    (folder / device).mkdir()
    (folder / device / "name").write_text(name, encoding="utf-8")
    (folder / device / "index").write_text(index, encoding="utf-8")


def test_a_usb_camera_is_listed_once_and_by_name(tmp_path: Path) -> None:
    listed(tmp_path, "video0", "UVC Camera (046d:0825)\n")
    listed(tmp_path, "video1", "UVC Camera (046d:0825)\n", "1")
    listed(tmp_path, "video10", "bcm2835-codec-decode")
    listed(tmp_path, "video13", "bcm2835-isp")
    listed(tmp_path, "v4l-subdev0", "imx708")
    assert local_cameras(tmp_path) == [LocalCamera("UVC Camera (046d:0825)", "v4l2:///dev/video0")]


def test_a_pi_camera_is_one_whatever_nodes_it_has(tmp_path: Path) -> None:
    listed(tmp_path, "video0", "unicam-image")
    listed(tmp_path, "video1", "unicam-embedded")
    listed(tmp_path, "video2", "rp1-cfe-csi2_ch0")
    assert local_cameras(tmp_path) == [LocalCamera("Raspberry Pi camera", "picamera://?size=1280x720&fps=15")]


def test_a_machine_without_cameras_has_none(tmp_path: Path) -> None:
    assert local_cameras(tmp_path / "absent") == ()
    listed(tmp_path, "video0x", "odd")
    (tmp_path / "video7").mkdir()
    assert local_cameras(tmp_path) == [LocalCamera("USB camera", "v4l2:///dev/video7")]


def test_a_name_holds_no_control_signs(tmp_path: Path) -> None:
    listed(tmp_path, "video0", "Cam\x00\x1b[31m" + "x" * 500)
    [found] = local_cameras(tmp_path)
    assert found.name.isprintable()
    assert len(found.name) <= 80
