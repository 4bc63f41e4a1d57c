#!/usr/bin/env python3
"""Turn Archi's Grafico folder (a file an element) into one ArchiMate Model Exchange File.

    grafico_to_exchange.py FOLDER > model.xml

FOLDER is the one that holds model/, or model/ itself. Elements, relationships, properties, specialisations, folders
and ArchiMate views go in; what the exchange format has no place for (sketches, canvases, images) is named on standard
error. Needs Python 3.7 and nothing else.
"""
import os
import sys
import xml.etree.ElementTree as ET

ARCHIMATE = "{http://www.archimatetool.com/archimate}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
EXCHANGE = "http://www.opengroup.org/xsd/archimate/3.0/"
SCHEMAS = EXCHANGE + " http://www.opengroup.org/xsd/archimate/3.1/archimate3_Diagram.xsd"
# Archi's folders in the order in which it shows them
FOLDERS = ["strategy", "business", "application", "technology", "motivation", "implementation_migration", "other",
           "relations", "diagrams"]
ACCESS = {"0": "Write", "1": "Read", "2": "Access", "3": "ReadWrite"}
VIEWPOINTS = {
    "strategy": "Strategy", "capability": "Capability Map", "technology": "Technology", "layered": "Layered", "physical": "Physical",
    "product": "Product", "application_usage": "Application Usage", "technology_usage": "Technology Usage",
    "business_process_cooperation": "Business Process Cooperation", "application_cooperation": "Application Cooperation",
    "service_realization": "Service Realization", "implementation_deployment": "Implementation and Deployment",
    "goal_realization": "Goal Realization", "goal_contribution": "Goal Contribution", "principles": "Principles",
    "requirements_realization": "Requirements Realization", "motivation": "Motivation", "stakeholder": "Stakeholder",
    "project": "Project", "migration": "Migration", "implementation_migration": "Implementation and Migration",
    "outcome_realization": "Outcome Realization", "resource": "Resource Map", "value_stream": "Value Stream",
    "information_structure": "Information Structure", "organization": "Organization",
}


def tag(name):
    return "{%s}%s" % (EXCHANGE, name)


def local(name):
    return name.rsplit("}", 1)[-1].rsplit(":", 1)[-1]


def reference(node):
    """The identifier behind href="Type_id-1.xml#id-1"."""
    return node.get("href", "").rsplit("#", 1)[-1]


class Model:
    def __init__(self, folder):
        self.root = os.path.join(folder, "model") if os.path.isdir(os.path.join(folder, "model")) else folder
        if not os.path.isfile(os.path.join(self.root, "folder.xml")):
            raise SystemExit("%s: no Grafico folder (there is no folder.xml)" % folder)
        self.head = self.parse(os.path.join(self.root, "folder.xml"))
        if local(self.head.tag) != "ArchimateModel":
            raise SystemExit("%s: its folder.xml is of no model" % folder)
        self.profiles = {p.get("id"): p.get("name", "") for p in self.head.iter("profiles")}
        self.elements, self.relationships, self.views, self.tree = [], [], [], []
        self.definitions = {}
        known = [f for f in FOLDERS if os.path.isdir(os.path.join(self.root, f))]
        others = sorted(d for d in os.listdir(self.root)
                        if os.path.isdir(os.path.join(self.root, d)) and d not in FOLDERS and d != "images")
        for name in known + others:
            self.tree.append(self.read_folder(os.path.join(self.root, name)))

    @staticmethod
    def parse(path):
        try:
            return ET.parse(path).getroot()
        except ET.ParseError as error:
            raise SystemExit("%s: %s" % (path, error))

    def read_folder(self, path):
        """(its folder.xml, folders below, concepts in it), in the order of names of files, which are identifiers."""
        head, below, concepts = None, [], []
        for name in sorted(os.listdir(path)):
            full = os.path.join(path, name)
            if os.path.isdir(full):
                below.append(self.read_folder(full))
            elif name == "folder.xml":
                head = self.parse(full)
            elif name.endswith(".xml"):
                node = self.parse(full)
                if self.sort_in(node, full):
                    concepts.append(node)
        return head, below, concepts

    def sort_in(self, node, path):
        kind = local(node.tag)
        if kind.endswith("Relationship"):
            self.relationships.append(node)
        elif kind == "ArchimateDiagramModel":
            self.views.append(node)
        elif kind in ("SketchModel", "CanvasModel"):
            sys.stderr.write("%s: a %s has no place in the exchange format\n" % (path, kind))
            return False
        else:
            self.elements.append(node)
        return True


class Writer:
    def __init__(self, model):
        self.model = model
        self.view_ids = {v.get("id") for v in model.views}

    @staticmethod
    def text(parent, name, value, always=False):
        if value or always:
            ET.SubElement(parent, tag(name)).text = value or ""

    def properties(self, parent, node):
        said = [(p.get("key", ""), p.get("value", "")) for p in node.findall("properties")]
        said += [("Specialization", self.model.profiles.get(reference(p), "")) for p in node.findall("profiles") if p.get("href")]
        if not said:
            return
        out = ET.SubElement(parent, tag("properties"))
        for key, value in said:
            identifier = self.model.definitions.setdefault(key, "propid-%d" % (len(self.model.definitions) + 1))
            ET.SubElement(ET.SubElement(out, tag("property"), {"propertyDefinitionRef": identifier}), tag("value")).text = value

    def describe(self, out, node, named):
        self.text(out, "name", node.get("name"), named)
        # a note of Grafico may also stand in an element of its own
        self.text(out, "documentation", node.get("documentation") or node.findtext("documentation"))
        self.properties(out, node)

    def element(self, parent, node):
        kind = local(node.tag)
        if kind == "Junction":
            kind = "OrJunction" if node.get("type") == "or" else "AndJunction"
        out = ET.SubElement(parent, tag("element"), {"identifier": node.get("id"), XSI + "type": kind})
        self.describe(out, node, True)

    def relationship(self, parent, node):
        kind = local(node.tag)[:-len("Relationship")]
        source, target = node.find("source"), node.find("target")
        if source is None or target is None:
            raise SystemExit("relationship %s: it has no %s" % (node.get("id"), "source" if source is None else "target"))
        out = ET.SubElement(parent, tag("relationship"), {"identifier": node.get("id"), "source": reference(source),
                                                          "target": reference(target), XSI + "type": kind})
        if kind == "Access":
            out.set("accessType", ACCESS.get(node.get("accessType", "0"), "Write"))
        elif kind == "Influence" and node.get("strength"):
            out.set("modifier", node.get("strength"))
        elif kind == "Association" and node.get("directed") == "true":
            out.set("isDirected", "true")
        self.describe(out, node, False)

    def folder(self, parent, tree):
        head, below, concepts = tree
        if head is None or not (below or concepts):
            return
        out = ET.SubElement(parent, tag("item"))
        self.text(out, "label", head.get("name"), True)
        self.text(out, "documentation", head.get("documentation"))
        # The format has no properties of folders: each becomes a further documentation.
        for p in head.findall("properties"):
            self.text(out, "documentation", "%s: %s" % (p.get("key", ""), p.get("value", "")))
        for sub in below:
            self.folder(out, sub)
        for node in concepts:
            ET.SubElement(out, tag("item"), {"identifierRef": node.get("id")})

    # Views. Archi places a box relative to the one around it and may use negative places; the exchange format does neither.
    @staticmethod
    def place(node, origin):
        bounds = node.find("bounds")
        get = (lambda k, d: int(bounds.get(k, d)) if bounds is not None else d)
        width, height = get("width", -1), get("height", -1)
        return [origin[0] + get("x", 0), origin[1] + get("y", 0), width if width > 0 else 120, height if height > 0 else 55]

    def places(self, node, origin, out):
        for child in node.findall("children") + node.findall("child"):
            box = self.place(child, origin)
            out[child.get("id")] = box
            self.places(child, box, out)
        return out

    def node(self, parent, child, boxes):
        kind = local(child.get(XSI + "type", child.tag))
        x, y, w, h = boxes[child.get("id")]
        out = ET.SubElement(parent, tag("node"), {"identifier": child.get("id"), "x": str(x), "y": str(y), "w": str(w), "h": str(h)})
        shown = child.find("archimateElement")
        if shown is not None:
            out.set("elementRef", reference(shown))
            out.set(XSI + "type", "Element")
        elif kind in ("Note", "DiagramModelNote", "DiagramModelReference"):
            out.set(XSI + "type", "Label")
            self.text(out, "label", child.findtext("content") or child.get("content") or child.get("name"))
            view = child.find("referencedModel")
            if view is not None and reference(view) in self.view_ids:
                ET.SubElement(out, tag("viewRef"), {"ref": reference(view)})
            return
        else:
            out.set(XSI + "type", "Container")
            self.text(out, "label", child.get("name"))
            self.text(out, "documentation", child.get("documentation"))
        for below in child.findall("children") + child.findall("child"):
            self.node(out, below, boxes)

    def connections(self, parent, node, boxes):
        for child in node.findall("children") + node.findall("child"):
            for line in child.findall("sourceConnections") + child.findall("sourceConnection"):
                source, target = line.get("source") or child.get("id"), line.get("target")
                if source not in boxes or target not in boxes:
                    sys.stderr.write("connection %s: it ends at no box and is left out\n" % line.get("id"))
                    continue
                out = ET.SubElement(parent, tag("connection"), {"identifier": line.get("id"), "source": source, "target": target})
                shown = line.find("archimateRelationship")
                if shown is not None:
                    out.set("relationshipRef", reference(shown))
                    out.set(XSI + "type", "Relationship")
                else:
                    out.set(XSI + "type", "Line")
                    self.text(out, "label", line.get("name"))
                points = line.findall("bendpoints") + line.findall("bendpoint")
                centre = [(b[0] + b[2] // 2, b[1] + b[3] // 2) for b in (boxes[source], boxes[target])]
                for i, p in enumerate(points):
                    # Archi keeps an offset from each end and weighs them by how far along the line the point is.
                    weight = (i + 1) / (len(points) + 1)
                    x, y = (round((centre[0][a] + int(p.get("start" + c, 0))) * (1 - weight) + (centre[1][a] + int(p.get("end" + c, 0))) * weight)
                            for a, c in enumerate("XY"))
                    ET.SubElement(out, tag("bendpoint"), {"x": str(max(x, 0)), "y": str(max(y, 0))})
            self.connections(parent, child, boxes)

    def view(self, parent, node):
        out = ET.SubElement(parent, tag("view"), {"identifier": node.get("id"), XSI + "type": "Diagram"})
        if node.get("viewpoint") in VIEWPOINTS:
            out.set("viewpoint", VIEWPOINTS[node.get("viewpoint")])
        self.describe(out, node, True)
        boxes = self.places(node, (0, 0), {})
        left, top = (min([0] + [b[a] for b in boxes.values()]) for a in (0, 1))
        for box in boxes.values():
            box[0] -= left
            box[1] -= top
        for child in node.findall("children") + node.findall("child"):
            self.node(out, child, boxes)
        self.connections(out, node, boxes)

    def document(self):
        head = self.model.head
        root = ET.Element(tag("model"), {"identifier": head.get("id"), XSI + "schemaLocation": SCHEMAS})
        self.text(root, "name", head.get("name"), True)
        self.text(root, "documentation", head.get("purpose") or head.findtext("purpose"))
        self.properties(root, head)
        for name, nodes, write in (("elements", self.model.elements, self.element),
                                   ("relationships", self.model.relationships, self.relationship)):
            if nodes:
                parent = ET.SubElement(root, tag(name))
                for node in nodes:
                    write(parent, node)
        organizations = ET.SubElement(root, tag("organizations"))
        for tree in self.model.tree:
            self.folder(organizations, tree)
        if len(organizations) == 0:
            root.remove(organizations)
        views = ET.Element(tag("views"))
        if self.model.views:
            diagrams = ET.SubElement(views, tag("diagrams"))
            for node in self.model.views:
                self.view(diagrams, node)
        # Last, because writing the views meets further keys
        if self.model.definitions:
            parent = ET.SubElement(root, tag("propertyDefinitions"))
            for key, identifier in self.model.definitions.items():
                ET.SubElement(ET.SubElement(parent, tag("propertyDefinition"), {"identifier": identifier, "type": "string"}), tag("name")).text = key
        if len(views):
            root.append(views)
        return root


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.stderr.write(__doc__)
        raise SystemExit(2)
    ET.register_namespace("", EXCHANGE)
    ET.register_namespace("xsi", XSI[1:-1])
    root = Writer(Model(sys.argv[1])).document()
    ET.indent(root) if hasattr(ET, "indent") else None
    sys.stdout.buffer.write(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + ET.tostring(root, encoding="utf-8") + b"\n")


if __name__ == "__main__":
    main()
